#include "sim/world/scheduler.h"

#include <algorithm>
#include <vector>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "sim/world/manual_executor.h"

namespace quadraft::sim {
namespace {

TEST(SchedulerTest, RunsByTimeThenByOrderOfAdding) {
  Scheduler scheduler;
  Random random(1);
  struct Want {
    int64_t time;
    int order;
  };
  std::vector<Want> want;
  std::vector<int> ran;
  for (int i = 0; i < 5000; ++i) {
    const int64_t time = static_cast<int64_t>(random.Below(100));
    want.push_back({time, i});
    scheduler.Add(time, EventKind::kTimer, 0, 0, [&ran, i] { ran.push_back(i); });
  }
  std::stable_sort(want.begin(), want.end(),
                   [](const Want& a, const Want& b) { return a.time < b.time; });
  Scheduler::Next next;
  while (scheduler.PopNext(&next)) scheduler.Take(next.slot)();
  ASSERT_EQ(ran.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(ran[i], want[i].order);
}

TEST(SchedulerTest, CancelledClosuresNeverRunAndIdsAreNotReused) {
  Scheduler scheduler;
  std::vector<uint64_t> ids;
  int ran = 0;
  for (int i = 0; i < 10'000; ++i) {
    ids.push_back(scheduler.Add(i, EventKind::kTimer, 0, 0, [&ran] { ++ran; }));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i % 10 != 0) {
      EXPECT_TRUE(scheduler.Cancel(ids[i]));
    }
  }
  EXPECT_EQ(scheduler.size(), 1000u);
  EXPECT_FALSE(scheduler.Cancel(ids[1]));
  const uint64_t later = scheduler.Add(5, EventKind::kTimer, 0, 0, [&ran] { ++ran; });
  EXPECT_EQ(std::count(ids.begin(), ids.end(), later), 0);
  Scheduler::Next next;
  int64_t last = -1;
  while (scheduler.PopNext(&next)) {
    EXPECT_GE(next.time_ns, last);
    last = next.time_ns;
    scheduler.Take(next.slot)();
  }
  EXPECT_EQ(ran, 1001);
  EXPECT_FALSE(scheduler.Cancel(later));  // It ran.
}

TEST(SchedulerTest, KillsOneOwner) {
  Scheduler scheduler;
  int ran = 0;
  for (uint32_t i = 0; i < 100; ++i)
    scheduler.Add(i, EventKind::kPost, i % 2, 0, [&ran] { ++ran; });
  EXPECT_EQ(scheduler.KillOwned(1).size(), 50u);
  Scheduler::Next next;
  while (scheduler.PopNext(&next)) {
    EXPECT_EQ(next.owner, 0u);
    scheduler.Take(next.slot)();
  }
  EXPECT_EQ(ran, 50);
}

TEST(ManualExecutorTest, AdvanceRunsWhatIsDueAndNothingMore) {
  ManualExecutor executor;
  std::vector<int> ran;
  executor.RunAfter(milliseconds(10), [&] { ran.push_back(10); });
  const TimerId cancelled = executor.RunAfter(milliseconds(3), [&] { ran.push_back(3); });
  executor.RunAfter(milliseconds(5), [&] {
    ran.push_back(5);
    executor.Post([&] { ran.push_back(6); });
  });
  EXPECT_TRUE(executor.Cancel(cancelled));
  executor.Advance(milliseconds(7));
  EXPECT_EQ(ran, (std::vector<int>{5, 6}));
  EXPECT_TRUE(executor.RunUntilIdle());
  EXPECT_EQ(ran, (std::vector<int>{5, 6, 10}));
}

}  // namespace
}  // namespace quadraft::sim
