#include "store/log/write_ahead_log.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/bytes.h"
#include "core/env/random.h"
#include "store/log/log_testing.h"

namespace quadraft::store {
namespace {

using replica::RecoveredGroup;
using Groups = std::map<GroupId, RecoveredGroup>;

bool Same(const Groups& a, const Groups& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [group, x] : a) {
    const auto it = b.find(group);
    if (it == b.end()) return false;
    const auto& y = it->second;
    if (x.hard_state != y.hard_state || x.snapshot_index != y.snapshot_index ||
        x.snapshot_term != y.snapshot_term || x.entries != y.entries) {
      return false;
    }
  }
  return true;
}

TEST(WriteAheadLogTest, WhatWasWrittenComesBack) {
  MemoryEnv env;
  {
    auto log = OpenLog(env);
    EXPECT_TRUE(log->TakeRecovered().empty());
    ASSERT_TRUE(log->Append(kA, Entries(1, 5, 1)).ok());
    ASSERT_TRUE(log->SaveHardState(kA, {RaftTerm{3}, NodeId{2}, LogIndex{4}}).ok());
    ASSERT_TRUE(log->Append(kB, Entries(1, 2, 7)).ok());
    ASSERT_TRUE(log->Append(kA, Entries(4, 6, 3)).ok());  // Replaces 4 and 5.
    ASSERT_TRUE(log->SaveSnapshotMark(kA, LogIndex{2}, RaftTerm{1}).ok());
    EXPECT_TRUE(SyncAndWait(env, *log).ok());
  }
  auto groups = OpenLog(env)->TakeRecovered();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[kA].hard_state, (raft::HardState{RaftTerm{3}, NodeId{2}, LogIndex{4}}));
  EXPECT_EQ(groups[kA].snapshot_index, LogIndex{2});
  ASSERT_EQ(groups[kA].entries.size(), 4u);
  EXPECT_EQ(groups[kA].entries[0], Entries(3, 3, 1)[0]);
  EXPECT_EQ(groups[kA].entries[1].term, RaftTerm{3});
  EXPECT_EQ(groups[kB].entries, Entries(1, 2, 7));
}

TEST(WriteAheadLogTest, LargeEntriesAreCompressedAndComeBack) {
  uint64_t bytes[2] = {};
  for (const bool compress : {false, true}) {
    MemoryEnv env;
    const auto open = [&](bool with) {
      return *WriteAheadLog::Open(
          env, "log", {.compress_from_bytes = with ? kCompressFromBytes : SIZE_MAX});
    };
    const auto large = Entries(1, 20, 3, 4000);
    const auto small = Entries(21, 25, 3, kCompressFromBytes - 1);
    {
      auto log = open(compress);
      ASSERT_TRUE(log->Append(kA, large).ok());
      ASSERT_TRUE(log->Append(kA, small).ok());
      EXPECT_TRUE(SyncAndWait(env, *log).ok());
    }
    bytes[compress] = env.memory_disk().MutableBytes("log/00000001.log")->size();
    auto found = open(!compress)->TakeRecovered()[kA].entries;  // It is read either way.
    ASSERT_EQ(found.size(), 25u);
    EXPECT_TRUE(std::equal(large.begin(), large.end(), found.begin()));
    EXPECT_TRUE(std::equal(small.begin(), small.end(), found.begin() + 20));
  }
  EXPECT_GT(bytes[0], 85'000u);
  EXPECT_LT(bytes[1], 15'000u);  // The small ones are as they were.
}

TEST(WriteAheadLogTest, AMarkThatTheLogDoesNotReachDropsIt) {
  MemoryEnv env;
  {
    auto log = OpenLog(env);
    ASSERT_TRUE(log->Append(kA, Entries(1, 5, 1)).ok());
    ASSERT_TRUE(log->SaveSnapshotMark(kA, LogIndex{4}, RaftTerm{9}).ok());  // Another term at 4.
    ASSERT_TRUE(log->Append(kA, Entries(5, 6, 9)).ok());
    ASSERT_TRUE(log->Append(kB, Entries(1, 5, 1)).ok());
    ASSERT_TRUE(log->SaveSnapshotMark(kB, LogIndex{50}, RaftTerm{1}).ok());
    EXPECT_TRUE(SyncAndWait(env, *log).ok());
  }
  auto groups = OpenLog(env)->TakeRecovered();
  EXPECT_EQ(groups[kA].entries, Entries(5, 6, 9));
  EXPECT_TRUE(groups[kB].entries.empty());
  EXPECT_EQ(groups[kB].snapshot_index, LogIndex{50});
}

// The entry that contradicts the mark is the last of its segment, which is then given up: what
// follows it in the next one must not come back.
TEST(WriteAheadLogTest, AMarkDropsTheLogAlsoWhenTheEntryAtItIsTheLastOfItsSegment) {
  MemoryEnv env;
  {
    auto log = OpenLog(env, /*segment_bytes=*/1);  // Each write begins a segment.
    ASSERT_TRUE(log->Append(kA, Entries(1, 4, 1)).ok());
    ASSERT_TRUE(log->Append(kA, Entries(5, 6, 1)).ok());
    EXPECT_TRUE(SyncAndWait(env, *log).ok());
    ASSERT_TRUE(log->SaveSnapshotMark(kA, LogIndex{4}, RaftTerm{2}).ok());
    EXPECT_TRUE(SyncAndWait(env, *log).ok());
    ASSERT_TRUE(log->SaveHardState(kA, {RaftTerm{3}, NodeId{2}, LogIndex{4}}).ok());
    EXPECT_TRUE(SyncAndWait(env, *log).ok());
  }
  auto groups = OpenLog(env)->TakeRecovered();
  EXPECT_EQ(groups[kA].snapshot_index, LogIndex{4});
  EXPECT_EQ(groups[kA].snapshot_term, RaftTerm{2});
  EXPECT_TRUE(groups[kA].entries.empty()) << groups[kA].entries.size();
}

TEST(WriteAheadLogTest, CallbacksComeLaterAndInOrderWithOneSyncAtATime) {
  MemoryEnv env;
  auto log = OpenLog(env);
  std::vector<int> order;
  ASSERT_TRUE(log->Append(kA, Entries(1, 1, 1)).ok());
  const uint64_t before = env.memory_disk().sync_count();
  uint64_t syncs = 0;
  for (int i = 0; i < 10; ++i) {
    log->Sync([&order, &syncs, &env, i](Status status) {
      EXPECT_TRUE(status.ok());
      order.push_back(i);
      syncs = env.memory_disk().sync_count();
    });
    ASSERT_TRUE(log->Append(kA, Entries(i + 2, i + 2, 1)).ok());
  }
  EXPECT_TRUE(order.empty());
  env.RunUntilIdle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(syncs - before,
            2u);  // One for the first, one for the nine that came meanwhile.
}

TEST(WriteAheadLogTest, OldSegmentsGoOnceEveryGroupHasPassedThem) {
  MemoryEnv env;
  auto log = OpenLog(env, 4096);
  ASSERT_TRUE(log->SaveHardState(kA, {RaftTerm{1}, NodeId{1}, LogIndex{0}}).ok());
  ASSERT_TRUE(log->SaveHardState(kB, {RaftTerm{5}, NodeId{3}, LogIndex{0}}).ok());
  ASSERT_TRUE(log->Append(kB, Entries(1, 2, 5)).ok());
  for (uint64_t i = 1; i <= 100; ++i) ASSERT_TRUE(log->Append(kA, Entries(i, i, 1, 500)).ok());
  ASSERT_TRUE(SyncAndWait(env, *log).ok());
  EXPECT_GT(log->stats().current_segment, 10u);
  ASSERT_TRUE(log->SaveSnapshotMark(kA, LogIndex{90}, RaftTerm{1}).ok());
  ASSERT_TRUE(SyncAndWait(env, *log).ok());
  EXPECT_EQ(log->stats().oldest_segment, 1u);  // kB still needs its entries.
  ASSERT_TRUE(log->SaveSnapshotMark(kB, LogIndex{1}, RaftTerm{5}).ok());
  ASSERT_TRUE(SyncAndWait(env, *log).ok());
  EXPECT_EQ(log->stats().oldest_segment, 1u);
  ASSERT_TRUE(log->SaveSnapshotMark(kB, LogIndex{2}, RaftTerm{5}).ok());
  EXPECT_EQ(log->stats().oldest_segment, 1u);  // Not before it is durable.
  ASSERT_TRUE(SyncAndWait(env, *log).ok());
  EXPECT_GT(log->stats().oldest_segment, 10u);
  EXPECT_FALSE(env.memory_disk().Exists("log/00000001.log"));
  log.reset();
  auto groups = OpenLog(env, 4096)->TakeRecovered();
  EXPECT_EQ(groups[kA].entries, Entries(91, 100, 1, 500));
  EXPECT_EQ(groups[kB].hard_state, (raft::HardState{RaftTerm{5}, NodeId{3}, LogIndex{0}}));
  EXPECT_EQ(groups[kB].snapshot_index, LogIndex{2});
}

// --- Crashes and errors at every call
// -------------------------------------------------------------------------------------

// A random history of writes, what each group would hold after every one of them, and how much of
// it was acknowledged.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed, "history") { states_.emplace_back(); }

  // Does `steps` writes, some followed by syncs; stops when the log fails.
  void Run(MemoryEnv& env, WriteAheadLog& log, int steps) {
    for (int i = 0; i < steps; ++i) {
      Groups next = states_.back();
      const GroupId group{1 + random_.Below(3)};
      const Status status = Step(log, group, next[group]);
      states_.push_back(
          std::move(next));  // Even when it failed: part of it may have reached the disk.
      if (!status.ok()) return;
      if (random_.OneIn(3)) {
        log.Sync([this, upto = states_.size() - 1](Status synced) {
          if (synced.ok()) acknowledged_ = std::max(acknowledged_, upto);
        });
      }
      if (random_.OneIn(2)) env.RunOne();
    }
    env.RunUntilIdle();
  }

  // After a restart: one of the states since the last acknowledged one, which is where the history
  // goes on.
  void ExpectPrefix(Groups found) {
    for (size_t i = acknowledged_; i < states_.size(); ++i) {
      const Groups expected = WithPromises(states_[i], found);
      if (!Same(Clean(found), Clean(expected))) continue;
      states_.resize(i + 1);
      states_[i] = expected;
      acknowledged_ = i;
      return;
    }
    ADD_FAILURE() << "recovered something that is no state since " << acknowledged_ << " of "
                  << states_.size();
  }

 private:
  // A promise is written in two places: it may be there before what was written before it.
  Groups WithPromises(Groups model, const Groups& found) const {
    for (const auto& [group, state] : found) {
      for (const Groups& later : states_) {
        const auto at = later.find(group);
        if (at == later.end() || at->second.hard_state.term != state.hard_state.term) continue;
        if (state.hard_state.term > model[group].hard_state.term &&
            at->second.hard_state.vote == state.hard_state.vote) {
          model[group].hard_state = state.hard_state;
        }
      }
    }
    return model;
  }
  static Groups Clean(Groups groups) {
    std::erase_if(groups, [](const auto& row) {
      return row.second.entries.empty() && row.second.hard_state == raft::HardState{} &&
             row.second.snapshot_index == LogIndex{};
    });
    return groups;
  }

  Status Step(WriteAheadLog& log, GroupId group, RecoveredGroup& model) {
    const uint64_t base = model.snapshot_index.value();
    const uint64_t last = base + model.entries.size();
    switch (random_.Below(6)) {
      case 0: {
        model.hard_state = {RaftTerm{model.hard_state.term.value() + 1},
                            NodeId{1 + random_.Below(3)}, LogIndex{last}};
        return log.SaveHardState(group, model.hard_state);
      }
      case 1: {
        if (model.entries.empty()) return OkStatus();
        const uint64_t keep = random_.Below(model.entries.size());
        const raft::Entry at = model.entries[keep];
        model.entries.erase(model.entries.begin(),
                            model.entries.begin() + static_cast<ptrdiff_t>(keep) + 1);
        model.snapshot_index = at.index;
        model.snapshot_term = at.term;
        return log.SaveSnapshotMark(group, at.index, at.term);
      }
      case 2: {
        if (!random_.OneIn(8)) return OkStatus();
        // Beyond the end, or in the middle of what it contradicts.
        const uint64_t at =
            random_.OneIn(2) || last == base ? last + 10 : base + 1 + random_.Below(last - base);
        model.snapshot_index = LogIndex{at};
        model.snapshot_term = RaftTerm{++term_};
        model.entries.clear();
        return log.SaveSnapshotMark(group, model.snapshot_index, model.snapshot_term);
      }
      default: {
        const uint64_t first =
            last + 1 - random_.Below(std::min<uint64_t>(model.entries.size(), 3) + 1);
        if (first <= last) ++term_;
        const uint64_t until = first + random_.Below(4);
        const auto entries = Entries(first, until, term_, random_.Below(400));
        model.entries.resize(first - base - 1);
        model.entries.insert(model.entries.end(), entries.begin(), entries.end());
        return log.Append(group, entries);
      }
    }
  }

  Random random_;
  uint64_t term_ = 1;
  std::vector<Groups> states_;
  size_t acknowledged_ = 0;
};

constexpr uint64_t kSegment = 3000;

// Counts the disk calls of one undisturbed run, so that the tests below reach every one of them.
uint64_t CountCalls(uint64_t seed) {
  MemoryEnv env(seed);
  env.memory_disk().ClearFault();
  History history(seed);
  history.Run(env, *OpenLog(env, kSegment), 60);
  return env.memory_disk().calls();
}

TEST(WriteAheadLogCrashTest, APowerCutAtEveryCallLosesNothingThatWasSynced) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const uint64_t calls = CountCalls(seed);
    ASSERT_GT(calls, 60u);
    for (uint64_t stop = 1; stop <= calls; ++stop) {
      SCOPED_TRACE(StrCat("seed ", seed, " stop ", stop));
      MemoryEnv env(seed);
      Random random(seed * 1000003 + stop, "crash");
      History history(seed);
      env.memory_disk().FailFrom(stop);
      if (auto log = WriteAheadLog::Open(env, "log", {.segment_bytes = kSegment}); log.ok()) {
        history.Run(env, **log, 60);
      }
      for (int again = 0; again < 3; ++again) {  // The recovery itself may be cut short, too.
        env.Crash(random);
        if (again < 2) env.memory_disk().FailFrom(1 + random.Below(12));
        auto log = WriteAheadLog::Open(env, "log", {.segment_bytes = kSegment});
        if (!log.ok()) {
          ASSERT_EQ(log.status().code(), absl::StatusCode::kUnavailable) << ToString(log.status());
          ASSERT_LT(again, 2);
          continue;
        }
        history.ExpectPrefix((*log)->TakeRecovered());
        if (testing::Test::HasFailure()) return;
        history.Run(env, **log, 10);
      }
    }
  }
}

TEST(WriteAheadLogCrashTest, ManyCrashesInARowWithRandomTears) {
  for (uint64_t seed = 100; seed < 130; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    MemoryEnv env(seed);
    Random random(seed, "crash");
    History history(seed);
    for (int life = 0; life < 20; ++life) {
      auto log = OpenLog(env, kSegment);
      ASSERT_NE(log, nullptr);
      history.ExpectPrefix(log->TakeRecovered());
      if (testing::Test::HasFailure()) return;
      history.Run(env, *log, static_cast<int>(random.Below(60)));
      log.reset();
      env.Crash(random);
    }
  }
}

TEST(WriteAheadLogCrashTest, AfterAnyErrorTheLogIsFailedForGood) {
  const uint64_t seed = 3;
  const uint64_t calls = CountCalls(seed);
  int failed_logs = 0;
  for (uint64_t at = 1; at <= calls; ++at) {
    SCOPED_TRACE(StrCat("call ", at));
    MemoryEnv env(seed);
    History history(seed);
    env.memory_disk().FailOnly(at);
    auto log = WriteAheadLog::Open(env, "log", {.segment_bytes = kSegment});
    if (!log.ok()) continue;
    history.Run(env, **log, 60);
    ASSERT_TRUE(env.memory_disk().fault_hit());
    ++failed_logs;
    EXPECT_EQ((*log)->SaveHardState(kA, {}).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ((*log)->Append(kA, Entries(1, 1, 1)).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(SyncAndWait(env, **log).code(), absl::StatusCode::kUnavailable);
    // The process stops, the machine does not: nothing acknowledged is gone.
    log->reset();
    env.memory_disk().ClearFault();
    auto again = OpenLog(env, kSegment);
    ASSERT_NE(again, nullptr);
    history.ExpectPrefix(again->TakeRecovered());
  }
  EXPECT_GT(failed_logs, 50);
}

}  // namespace
}  // namespace quadraft::store
