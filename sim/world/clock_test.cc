// Clocks of single processes: rates, timers that follow them, standing still; events that cost
// time.
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

struct Ticker : Program {
  Ticker(Env& e, std::vector<int64_t>* at) : env(e), ticks(at) { Tick(); }
  void Tick() {
    ticks->push_back(env.clock().Now().time_since_epoch().count());
    env.executor().RunAfter(milliseconds(10), [this] { Tick(); });
  }
  Env& env;
  std::vector<int64_t>* ticks;
};

struct Clocked {
  explicit Clocked(uint64_t seed = 1) : world(seed) {
    process = &world.AddProcess(NodeId{1}, "n1",
                                [this](Env& env) { return std::make_unique<Ticker>(env, &ticks); });
    process->Start();
  }
  size_t TicksIn(Duration duration) {
    const size_t before = ticks.size();
    world.RunFor(duration);
    return ticks.size() - before;
  }
  World world;
  Process* process;
  std::vector<int64_t> ticks;  // By the process's own clock.
};

TEST(ClockTest, TimersFollowTheProcessesOwnClock) {
  Clocked c;
  EXPECT_NEAR(c.TicksIn(seconds(1)), 100, 1);
  c.process->SetClockRate(500'000);
  EXPECT_NEAR(c.TicksIn(seconds(1)), 150, 1);
  c.process->SetClockRate(-500'000);
  EXPECT_NEAR(c.TicksIn(seconds(1)), 50, 1);
  c.process->SetClockRate(0);
  EXPECT_NEAR(c.TicksIn(seconds(1)), 100, 1);
  // To the program itself every tick comes 10 ms after the one before, never early.
  for (size_t i = 1; i < c.ticks.size(); ++i) {
    EXPECT_GE(c.ticks[i] - c.ticks[i - 1], 10'000'000) << i;
    EXPECT_LE(c.ticks[i] - c.ticks[i - 1], 10'000'010) << i;
  }
  EXPECT_EQ(c.process->local_time(),
            c.world.now());  // Half a second more, then half a second less.
}

TEST(ClockTest, AClockThatStandsFiresNothingAndGoesOnFromThere) {
  Clocked c;
  c.TicksIn(milliseconds(1005));
  c.process->SetClockRate(Process::kClockStands);
  EXPECT_EQ(c.TicksIn(seconds(100)), 0u);
  c.process->SetClockRate(0);
  EXPECT_NEAR(c.TicksIn(seconds(1)), 100, 1);
  EXPECT_NEAR(static_cast<double>((c.world.now() - c.process->local_time()).count()), 100e9, 1e6);
}

TEST(ClockTest, WaitingTimersMoveWithTheRate) {
  World world(1);
  int64_t fired_ns = 0;
  Env* env = nullptr;
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& e) {
    env = &e;
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(seconds(1));
  env->executor().RunAfter(seconds(10), [&] { fired_ns = world.now_ns(); });
  world.RunFor(seconds(4));
  p.SetClockRate(1'000'000);  // Twice as fast: the 6 seconds that are left take 3.
  world.RunFor(seconds(20));
  EXPECT_NEAR(static_cast<double>(fired_ns), 8e9, 10);
}

TEST(ClockTest, WallTimeGoesWithTheClockAndItsOffset) {
  World world(1);
  Env* env = nullptr;
  Process& p = world.AddProcess(NodeId{1}, "n1", [&](Env& e) {
    env = &e;
    return std::make_unique<Program>();
  });
  p.Start();
  world.RunFor(seconds(1));
  const int64_t before = env->clock().WallNow().unix_us;
  p.SetClockRate(-200'000);
  world.RunFor(seconds(10));
  EXPECT_EQ(env->clock().WallNow().unix_us - before, 8'000'000);
  p.SetWallOffset(seconds(-60));
  EXPECT_EQ(env->clock().WallNow().unix_us - before, 8'000'000 - 60'000'000);
}

TEST(ClockTest, EventsThatCostTimeLeaveRoomForFewer) {
  Clocked c;
  c.process->SetEventCost(milliseconds(30));
  EXPECT_NEAR(c.TicksIn(seconds(3)), 100, 3);
  c.process->SetEventCost(Duration(0));
  EXPECT_NEAR(c.TicksIn(seconds(1)), 100, 2);
}

TEST(ClockTest, AWatcherSeesEachEventAndMayCrashTheProcess) {
  Clocked c;
  c.world.RunFor(milliseconds(1));
  int seen = 0;
  const uint64_t id = c.process->Watch([&] {
    if (++seen == 7) c.process->Crash();
  });
  c.world.RunFor(seconds(1));
  EXPECT_EQ(seen, 7);
  EXPECT_FALSE(c.process->running());
  EXPECT_EQ(c.ticks.size(), 8u);
  c.process->Unwatch(id);
  c.process->Start();
  EXPECT_NEAR(c.TicksIn(seconds(1)), 100, 1);
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace quadraft::sim
