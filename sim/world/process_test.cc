#include "sim/world/process.h"

#include <memory>
#include <string>

#include "core/base/task.h"
#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

struct Seen {
  int starts = 0, ticks = 0, posts_after_death = 0, synced = 0, offloaded = 0, destroyed = 0;
};

// Ticks each 10 ms; its destructor tries everything that must not happen any more.
class Ticker : public Program {
 public:
  Ticker(Env& env, Seen* seen) : env_(env), seen_(seen) {
    ++seen_->starts;
    Tick();
  }
  ~Ticker() override {
    ++seen_->destroyed;
    env_.executor().Post([seen = seen_] { ++seen->posts_after_death; });
    env_.executor().RunAfter(milliseconds(1), [seen = seen_] { ++seen->posts_after_death; });
    env_.executor().Offload([seen = seen_] { ++seen->posts_after_death; }, [] {});
    env_.network().Send(NodeId{2}, Channel::kRaft, "from the grave");
    env_.network().Connect("x:1", [seen = seen_](auto) { ++seen->posts_after_death; });
    EXPECT_FALSE(env_.network().Listen("x:1", [](auto) {}).ok());
  }
  void Tick() {
    ++seen_->ticks;
    env_.executor().RunAfter(milliseconds(10), [this] { Tick(); });
  }

 private:
  Env& env_;
  Seen* seen_;
};

TEST(ProcessTest, CrashStopsEverythingAtOnceAndRestartBeginsAnew) {
  World world(1);
  Seen seen;
  Process& p = world.AddProcess(NodeId{1}, "n1",
                                [&](Env& env) { return std::make_unique<Ticker>(env, &seen); });
  p.Start();
  world.RunFor(milliseconds(105));
  EXPECT_EQ(seen.ticks, 11);
  p.Crash();
  EXPECT_FALSE(p.running());
  EXPECT_EQ(seen.destroyed, 1);
  world.RunFor(seconds(1));
  EXPECT_EQ(seen.ticks, 11);
  EXPECT_EQ(seen.posts_after_death, 0);
  p.Start();
  world.RunFor(milliseconds(5));
  EXPECT_EQ(seen.starts, 2);
  EXPECT_EQ(p.incarnation(), 2u);
  EXPECT_EQ(seen.ticks, 12);
}

TEST(ProcessTest, CrashFromInsideHappensRightAfterTheEvent) {
  World world(1);
  bool finished = false, later = false;
  Process* p = nullptr;
  p = &world.AddProcess(NodeId{1}, "n1", [&](Env& env) {
    env.executor().RunAfter(milliseconds(1), [&] {
      p->Crash();
      env.executor().Post([&] { later = true; });
      finished = true;
    });
    return std::make_unique<Program>();
  });
  p->Start();
  world.RunFor(seconds(1));
  EXPECT_TRUE(finished);
  EXPECT_FALSE(later);
  EXPECT_FALSE(p->running());
}

TEST(ProcessTest, PauseDelaysEventsAndKeepsTheirOrder) {
  World world(1);
  std::vector<int> ran;
  Env* env = nullptr;
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& e) {
    env = &e;
    for (int i = 0; i < 5; ++i)
      e.executor().RunAfter(milliseconds(10 * (i + 1)), [&ran, i] { ran.push_back(i); });
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(milliseconds(15));
  EXPECT_EQ(ran, std::vector<int>{0});
  p.Pause();
  world.RunFor(seconds(1));
  EXPECT_EQ(ran, std::vector<int>{0});
  p.Resume();
  world.RunFor(milliseconds(1));
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_GT(env->clock().Now().time_since_epoch(), seconds(1));
}

TEST(ProcessTest, CrashWhilePausedFreesWhatWasParked) {
  World world(1);
  Seen seen;
  Process& p = world.AddProcess(NodeId{1}, "n1",
                                [&](Env& env) { return std::make_unique<Ticker>(env, &seen); });
  p.Start();
  world.RunFor(milliseconds(15));
  p.Pause();
  world.RunFor(milliseconds(100));
  p.Crash();
  p.Start();
  world.RunFor(milliseconds(15));
  EXPECT_EQ(seen.starts, 2);
  EXPECT_EQ(seen.ticks, 4);
}

TEST(ProcessTest, PowerLossLosesUnsyncedBytesKillKeepsThem) {
  for (const CrashKind kind : {CrashKind::kPower, CrashKind::kKill}) {
    int lost = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      World world(seed);
      Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& env) {
        auto file = env.disk().Open("f", OpenMode::kAppend);
        EXPECT_TRUE(file.ok());
        if ((*file)->size() == 0) {
          EXPECT_TRUE((*file)->Append("abc").ok());
        }
        return std::make_unique<ProgramOf<std::unique_ptr<File>>>(std::move(*file));
      });
      p.Start();
      world.RunFor(milliseconds(1));
      p.Crash(kind);
      if (!p.disk().Exists("f") || *p.disk().FileSize("f") < 3) ++lost;
    }
    if (kind == CrashKind::kKill) {
      EXPECT_EQ(lost, 0);
    } else {
      EXPECT_GT(lost, 5);
    }
  }
}

TEST(ProcessTest, RandomsAreSplitByNodeNameAndIncarnation) {
  World world(1);
  std::vector<uint64_t> draws;
  for (uint64_t id : {1, 2}) {
    world
        .AddProcess(NodeId{id}, StrCat("n", id),
                    [&](Env& env) {
                      EXPECT_EQ(&env.random("a"), &env.random("a"));
                      draws.push_back(env.random("a").Next());
                      draws.push_back(env.random("b").Next());
                      return std::make_unique<Program>();
                    })
        .Start();
  }
  world.RunFor(milliseconds(1));
  world.process(NodeId{1}).Crash();
  world.process(NodeId{1}).Start();
  world.RunFor(milliseconds(1));
  ASSERT_EQ(draws.size(), 6u);
  std::sort(draws.begin(), draws.end());
  EXPECT_EQ(std::unique(draws.begin(), draws.end()), draws.end());
}

TEST(ProcessTest, WallClockStepsMonotonicDoesNot) {
  World world(1);
  Env* env = nullptr;
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& e) {
    env = &e;
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(milliseconds(1));
  const WallTime wall = env->clock().WallNow();
  const MonotonicTime now = env->clock().Now();
  p.SetWallOffset(seconds(-30));
  EXPECT_EQ(env->clock().WallNow().unix_us, wall.unix_us - 30'000'000);
  EXPECT_EQ(env->clock().Now(), now);
}

TEST(ProcessTest, ASynchronousSyncStallsTheLoop) {
  WorldOptions options;
  options.disk.sync_latency = milliseconds(20);
  options.disk.sync_jitter = Duration(0);
  World world(1, options);
  std::vector<int64_t> ticks;
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& env) {
    auto file = env.disk().Open("f", OpenMode::kCreate);
    EXPECT_TRUE((*file)->SyncNow().ok());
    env.executor().RunAfter(milliseconds(5), [&] { ticks.push_back(world.now_ns()); });
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(seconds(1));
  ASSERT_EQ(ticks.size(), 1u);
  EXPECT_EQ(ticks[0], 20'000'000);
}

TEST(ProcessTest, CoroutinesSleepAndDieWithTheirScope) {
  World world(1);
  struct Sleeper : Program {
    explicit Sleeper(Env& env, int* woke) {
      scope.Spawn([](Env& env, int* woke) -> Task<void> {
        while (true) {
          co_await Sleep(env.executor(), milliseconds(10));
          ++*woke;
        }
      }(env, woke));
    }
    TaskScope scope;
  };
  int woke = 0;
  Process& p = world.AddProcess(NodeId{1}, "n1",
                                [&](Env& env) { return std::make_unique<Sleeper>(env, &woke); });
  p.Start();
  world.RunFor(milliseconds(55));
  EXPECT_EQ(woke, 5);
  p.Crash();
  world.RunFor(milliseconds(55));
  EXPECT_EQ(woke, 5);
}

TEST(ProcessTest, LogLinesCarryTimeAndAreBounded) {
  World world(1);
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& env) {
    env.Log(LogLevel::kDebug, "too fine");
    for (int i = 0; i < 3000; ++i) env.Log(LogLevel::kWarning, StrCat("line ", i));
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(milliseconds(1));
  EXPECT_EQ(p.log().size(), Process::kLogLinesMax);
  EXPECT_EQ(p.log().back(), "    0.000000 n1     W line 2999");
}

}  // namespace
}  // namespace quadraft::sim
