#include "core/raft/log.h"

#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

Entry At(uint64_t index, uint64_t term, std::string payload = "x") {
  return {.term = RaftTerm(term),
          .index = LogIndex(index),
          .kind = EntryKind::kNormal,
          .payload = std::make_shared<const std::string>(std::move(payload))};
}

TEST(RaftLog, StableFollowsTheSyncs) {
  Log log(LogIndex{}, RaftTerm{}, {});
  EXPECT_FALSE(log.has_unsaved());
  log.Append(At(1, 1));
  log.Append(At(2, 1));
  EXPECT_EQ(log.SyncOf(LogIndex{2}), std::nullopt);
  EXPECT_EQ(log.TakeUnsaved(7).size(), 2u);
  log.Append(At(3, 1));
  EXPECT_EQ(log.TakeUnsaved(8).size(), 1u);
  EXPECT_EQ(log.SyncOf(LogIndex{2}), 7u);
  EXPECT_EQ(log.SyncOf(LogIndex{3}), 8u);
  log.Synced(7);
  EXPECT_EQ(log.stable_index(), LogIndex{2});
  EXPECT_EQ(log.SyncOf(LogIndex{1}), 0u);
  log.Synced(8);
  EXPECT_EQ(log.stable_index(), LogIndex{3});
}

// etcd's async_storage_writes_append_aba_race: entry 2/1 is written, replaced by 2/2, and written
// again. The first sync covers the first writing only: a crash right after it may leave 2/2 on the
// disk.
TEST(RaftLog, ASyncProvesNothingAboutALaterWritingOfTheSameEntry) {
  Log log(LogIndex{1}, RaftTerm{1}, {});
  log.Append(At(2, 1));
  log.TakeUnsaved(1);
  log.TruncateFrom(LogIndex{2});
  log.Append(At(2, 2));
  log.TakeUnsaved(2);
  log.TruncateFrom(LogIndex{2});
  log.Append(At(2, 1));
  log.Append(At(3, 3));
  log.TakeUnsaved(3);
  log.Synced(1);
  EXPECT_EQ(log.stable_index(), LogIndex{1});
  log.Synced(2);
  EXPECT_EQ(log.stable_index(), LogIndex{1});
  EXPECT_EQ(log.SyncOf(LogIndex{2}), 3u);
  log.Synced(3);
  EXPECT_EQ(log.stable_index(), LogIndex{3});
}

TEST(RaftLog, TruncationTakesBackWhatWasStable) {
  Log log(LogIndex{}, RaftTerm{}, {At(1, 1), At(2, 1), At(3, 1)});
  EXPECT_EQ(log.stable_index(), LogIndex{3});
  log.TruncateFrom(LogIndex{2});
  EXPECT_EQ(log.stable_index(), LogIndex{1});
  EXPECT_EQ(log.truncations(), 1u);
  log.TruncateFrom(LogIndex{9});
  EXPECT_EQ(log.truncations(), 1u);
}

TEST(RaftLog, SliceKeepsItsBounds) {
  Log log(LogIndex{}, RaftTerm{}, {At(1, 1, "aaaa"), At(2, 1, "bb"), At(3, 1, "c")});
  EXPECT_EQ(log.Slice(LogIndex{1}, LogIndex{3}, 10, 1).size(), 1u) << "one always fits";
  EXPECT_EQ(log.Slice(LogIndex{1}, LogIndex{3}, 10, 6).size(), 2u);
  EXPECT_EQ(log.Slice(LogIndex{1}, LogIndex{3}, 2, 100).size(), 2u);
  EXPECT_EQ(log.Slice(LogIndex{1}, LogIndex{2}, 10, 100).size(), 2u);
  EXPECT_EQ(log.Slice(LogIndex{4}, LogIndex{9}, 10, 100).size(), 0u);
  EXPECT_EQ(log.bytes(), 7u);
}

TEST(RaftLog, HintsSkipWholeTerms) {
  Log log(LogIndex{}, RaftTerm{}, {At(1, 1), At(2, 2), At(3, 2), At(4, 5), At(5, 5)});
  EXPECT_EQ(log.LastAtOrBelow(LogIndex{5}, RaftTerm{4}), LogIndex{3});
  EXPECT_EQ(log.LastAtOrBelow(LogIndex{9}, RaftTerm{5}), LogIndex{5});
  EXPECT_EQ(log.LastAtOrBelow(LogIndex{3}, RaftTerm{1}), LogIndex{1});
  EXPECT_EQ(log.LastAtOrBelow(LogIndex{3}, RaftTerm{0}), LogIndex{0});
}

TEST(RaftLog, CompactionKeepsTheTermAtItsEdge) {
  Log log(LogIndex{}, RaftTerm{}, {At(1, 1), At(2, 2), At(3, 3)});
  log.CompactTo(LogIndex{2});
  EXPECT_EQ(log.snapshot_term(), RaftTerm{2});
  EXPECT_EQ(log.term_at(LogIndex{2}), RaftTerm{2});
  EXPECT_EQ(log.term_at(LogIndex{1}), std::nullopt);
  EXPECT_EQ(log.last_index(), LogIndex{3});
  EXPECT_EQ(log.bytes(), 1u);
}

TEST(RaftLog, ASnapshotKeepsWhatFollowsAMatchingEntry) {
  Log same(LogIndex{}, RaftTerm{}, {At(1, 1), At(2, 1), At(3, 1)});
  same.InstallSnapshot(LogIndex{2}, RaftTerm{1});
  EXPECT_EQ(same.last_index(), LogIndex{3});
  Log other(LogIndex{}, RaftTerm{}, {At(1, 1), At(2, 1), At(3, 1)});
  other.InstallSnapshot(LogIndex{2}, RaftTerm{4});
  EXPECT_EQ(other.last_index(), LogIndex{2});
  EXPECT_EQ(other.last_term(), RaftTerm{4});
  EXPECT_EQ(other.stable_index(), LogIndex{2});
  EXPECT_FALSE(other.has_unsaved());
}

}  // namespace
}  // namespace quadraft::raft
