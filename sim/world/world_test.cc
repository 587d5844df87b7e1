#include "sim/world/world.h"

#include <memory>
#include <string>

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

}  // namespace
}  // namespace quadraft::sim
