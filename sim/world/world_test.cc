#include "sim/world/world.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace quadraft::sim {
namespace {

// Gossips random numbers, writes them, streams some: touches every part.
class Gossip : public Program {
 public:
  explicit Gossip(Env& env, uint64_t id) : env_(env), id_(id) {
    file_ = std::move(*env.disk().Open("log", OpenMode::kAppend));
    env.network().OnMessage(Channel::kRaft, [this](NodeId from, std::string_view bytes) {
      (void)file_->Append(bytes);
      file_->Sync([](Status) {});
    });
    Tick();
  }
  void Tick() {
    const uint64_t n = env_.random("gossip").Next();
    env_.network().Send(NodeId{1 + n % 3}, Channel::kRaft, StrCat(id_, ":", n));
    env_.executor().RunAfter(milliseconds(1 + n % 20), [this] { Tick(); });
  }

 private:
  Env& env_;
  uint64_t id_;
  std::unique_ptr<File> file_;
};

struct Outcome {
  std::string hash;
  uint64_t events;
};

Outcome RunGossip(uint64_t seed) {
  World world(seed);
  for (uint64_t id : {1, 2, 3}) {
    world
        .AddProcess(NodeId{id}, StrCat("n", id),
                    [id](Env& env) { return std::make_unique<Gossip>(env, id); })
        .Start();
  }
  Random& random = world.random("chaos");
  for (int i = 0; i < 20; ++i) {
    world.RunFor(milliseconds(random.Between(10, 200)));
    Process& p = world.process(NodeId{1 + random.Below(3)});
    p.Crash();
    p.StartAfter(milliseconds(50));
  }
  return {world.hash().ToHex(), world.events()};
}

TEST(WorldTest, TheSameSeedGivesTheSameHashAnotherSeedAnotherOne) {
  const Outcome a = RunGossip(7), b = RunGossip(7), c = RunGossip(8);
  EXPECT_EQ(a.hash, b.hash);
  EXPECT_EQ(a.events, b.events);
  EXPECT_NE(a.hash, c.hash);
  EXPECT_GT(a.events, 500u);
}

TEST(WorldTest, TheHashSeesPayloadsAndTimes) {
  const auto run = [](std::string payload, Duration at) {
    World world(1);
    Env* env = nullptr;
    world
        .AddProcess(NodeId{1}, "n1",
                    [&](Env& e) {
                      env = &e;
                      return std::make_unique<Program>();
                    })
        .Start();
    world.AddProcess(NodeId{2}, "n2", [&](Env& e) { return std::make_unique<Program>(); }).Start();
    world.RunFor(at);
    env->network().Send(NodeId{2}, Channel::kRaft, std::move(payload));
    world.RunFor(seconds(1));
    return world.hash().ToHex();
  };
  EXPECT_EQ(run("a", milliseconds(1)), run("a", milliseconds(1)));
  EXPECT_NE(run("a", milliseconds(1)), run("b", milliseconds(1)));
  EXPECT_NE(run("a", milliseconds(1)), run("a", milliseconds(2)));
}

TEST(WorldTest, HooksSeeEachEventAfterIt) {
  World world(1);
  int value = 0, seen = -1;
  uint64_t count = 0;
  world.AddHook([&](const EventRecord& event) {
    seen = value;
    ++count;
  });
  world.After(milliseconds(1), [&] { value = 5; });
  EXPECT_TRUE(world.Step());
  EXPECT_EQ(seen, 5);
  EXPECT_FALSE(world.Step());
  EXPECT_EQ(count, world.events());
}

TEST(WorldTest, RunUntilStopsAtItsTimeAndAtStop) {
  World world(1);
  int ran = 0;
  world.After(milliseconds(10), [&] { ++ran; });
  world.After(milliseconds(20), [&] {
    ++ran;
    world.Stop();
  });
  world.After(milliseconds(30), [&] { ++ran; });
  world.RunUntil(milliseconds(15));
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(world.now(), milliseconds(15));
  world.RunFor(seconds(1));
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(world.now(), milliseconds(20));
  EXPECT_TRUE(world.RunUntilTrue([&] { return ran == 3; }, seconds(1)));
  EXPECT_FALSE(world.RunUntilTrue([&] { return ran == 4; }, seconds(1)));
}

// Counts what it is told, and whether it is told inside an event.
struct Counting : Observer {
  explicit Counting(World* world) : world(world) {}
  void BeforeEvent(const EventRecord& event, uint64_t id) override {
    EXPECT_FALSE(inside);
    EXPECT_EQ(scheduled.count(id), 1u) << "every event was announced";
    inside = true;
    ++before;
  }
  void AfterEvent(const EventRecord& event) override {
    EXPECT_TRUE(inside);
    inside = false;
    EXPECT_EQ(world->events(), before);
  }
  void OnSchedule(uint64_t id, EventKind, NodeId, int64_t at_ns) override {
    EXPECT_GE(at_ns, world->now_ns());
    scheduled.insert(id);
  }
  void OnFold(EventKind, NodeId, uint64_t) override { ++folds; }
  void OnSend(uint64_t message, NodeId, NodeId to, Channel, std::string_view payload,
              MessageFate fate) override {
    EXPECT_TRUE(inside);
    EXPECT_FALSE(payload.empty());
    if (fate == MessageFate::kSent) sent.insert(message);
    ++fates[static_cast<int>(fate)];
  }
  void OnArrival(uint64_t message, bool delivered) override {
    EXPECT_EQ(sent.count(message), 1u);
    delivered ? ++arrived : ++cut_off;
  }
  void OnLink(NodeId, NodeId, int cuts) override { links.push_back(cuts); }
  void OnProcess(NodeId, ProcessChange change) override { ++changes[static_cast<int>(change)]; }

  World* world;
  bool inside = false;
  uint64_t before = 0, folds = 0, arrived = 0, cut_off = 0;
  std::set<uint64_t> scheduled, sent;
  uint64_t fates[5] = {}, changes[5] = {};
  std::vector<int> links;
};

TEST(WorldTest, AnObserverSeesEverythingAndChangesNothing) {
  const auto run = [](Counting* (*watch)(World*)) {
    World world(11);
    const std::unique_ptr<Counting> counting(watch(&world));
    world.set_observer(counting.get());
    for (uint64_t id : {1, 2, 3}) {
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [id](Env& env) { return std::make_unique<Gossip>(env, id); })
          .Start();
    }
    world.RunFor(milliseconds(300));
    world.network().Cut(NodeId{1}, NodeId{2});
    world.RunFor(milliseconds(300));
    world.network().Heal(NodeId{1}, NodeId{2});
    world.process(NodeId{3}).Crash();
    world.process(NodeId{2}).Pause();
    world.RunFor(milliseconds(100));
    world.process(NodeId{2}).Resume();
    world.RunFor(milliseconds(100));
    if (counting) {
      EXPECT_EQ(counting->before, world.events());
      EXPECT_EQ(counting->links, (std::vector<int>{1, 0}));
      EXPECT_EQ(counting->changes[static_cast<int>(ProcessChange::kStarted)], 3u);
      EXPECT_EQ(counting->changes[static_cast<int>(ProcessChange::kPowerFailed)], 1u);
      EXPECT_EQ(counting->changes[static_cast<int>(ProcessChange::kPaused)], 1u);
      EXPECT_EQ(counting->changes[static_cast<int>(ProcessChange::kResumed)], 1u);
      EXPECT_GT(counting->fates[static_cast<int>(MessageFate::kBlocked)], 0u);
      EXPECT_GT(counting->fates[static_cast<int>(MessageFate::kNobody)], 0u);
      EXPECT_EQ(counting->arrived, world.network().counters().delivered);
      EXPECT_GT(counting->folds, 0u);
      world.set_observer(nullptr);
    }
    return world.hash();
  };
  const Hash128 alone = run([](World*) -> Counting* { return nullptr; });
  EXPECT_EQ(run([](World* world) { return new Counting(world); }), alone);
}

}  // namespace
}  // namespace quadraft::sim
