#include "store/log/high_water.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/raft/types.h"
#include "store/log/write_ahead_log.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {
namespace {

const std::string kPath = "log/high-water";

TEST(HighWaterTest, TheWholeRecordThatReachesFurthestCounts) {
  const HighWater a{5, 1, 400}, b{9, 2, 64};
  const std::string both = EncodeHighWater(a) + EncodeHighWater(b);
  EXPECT_EQ(ParseHighWater(""), HighWater{});
  EXPECT_EQ(ParseHighWater(both), b);
  for (size_t cut = kHighWaterRecordBytes; cut < both.size(); ++cut) {
    EXPECT_EQ(ParseHighWater(both.substr(0, cut)), a) << cut;
  }
  for (size_t at = 0; at < both.size(); ++at) {
    std::string damaged = both;
    damaged[at] ^= 0x40;
    EXPECT_EQ(ParseHighWater(damaged), at < kHighWaterRecordBytes ? b : a) << at;
  }
  EXPECT_EQ(ParseHighWater(EncodeHighWater(b) + EncodeHighWater(a)), b);
}

// The bytes of store/FORMAT.md.
TEST(HighWaterTest, TheBytesAreAsDocumented) {
  const std::string bytes = EncodeHighWater({12, 3, 0x1234});
  EXPECT_EQ(bytes.substr(4, 4), "QRHW");
  EXPECT_EQ(LoadFixed<uint64_t>(bytes.data() + 8), 12u);
  EXPECT_EQ(LoadFixed<uint64_t>(bytes.data() + 16), 3u);
  EXPECT_EQ(LoadFixed<uint64_t>(bytes.data() + 24), 0x1234u);
  EXPECT_EQ(LoadFixed<uint32_t>(bytes.data()), Crc32c(bytes.substr(4)));
}

struct Logged : testing::Test {
  static constexpr GroupId kGroup{1};
  MemoryEnv env;
  std::string Segment(uint64_t n) { return "log/" + SegmentName(n); }
  std::unique_ptr<WriteAheadLog> Open() {
    auto log = WriteAheadLog::Open(env, "log", {.segment_bytes = 4096});
    EXPECT_TRUE(log.ok()) << ToString(log.status());
    return std::move(*log);
  }
  Status Reopen() { return WriteAheadLog::Open(env, "log", {.segment_bytes = 4096}).status(); }
  void Write(WriteAheadLog& log, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i <= to; ++i) {
      const raft::Entry entry{RaftTerm{1}, LogIndex{i}, raft::EntryKind::kNormal,
                              std::make_shared<const std::string>(100, 'x')};
      ASSERT_TRUE(log.Append(kGroup, {&entry, 1}).ok());
    }
    Status synced = Internal("not called back");
    log.Sync([&](Status status) { synced = std::move(status); });
    env.RunUntilIdle();
    ASSERT_TRUE(synced.ok()) << ToString(synced);
  }
  HighWater Noted() { return *ReadHighWater(env.disk(), "log"); }
};

TEST_F(Logged, IsNotedSoonAfterASyncAndNamesTheRecordsEnd) {
  auto log = Open();
  EXPECT_EQ(Noted(), HighWater{});
  Write(*log, 1, 3);
  const HighWater first = Noted();
  EXPECT_EQ(first.sequence, 3u);
  EXPECT_EQ(first.segment, 1u);
  EXPECT_EQ(first.bytes, kSegmentHeaderBytes + 3 * (kRecordHeaderBytes + 112));
  Write(*log, 4, 60);
  EXPECT_GT(Noted().segment, 1u);
  EXPECT_EQ(Noted().segment, log->stats().current_segment);
  EXPECT_EQ(Noted().sequence, log->stats().synced_sequence);
}

// Whatever the end of the log loses, be it at a record's end, with all later witnesses: noticed.
TEST_F(Logged, ALogThatLostItsEndIsDataLoss) {
  Write(*Open(), 1, 60);
  const HighWater mark = Noted();
  const std::string path = Segment(mark.segment);
  const std::string good = *env.memory_disk().MutableBytes(path);
  for (size_t size = 0; size <= good.size(); size += 8) {
    *env.memory_disk().MutableBytes(path) = good.substr(0, size);
    const Status status = Reopen();
    if (size < mark.bytes) {
      EXPECT_TRUE(absl::IsDataLoss(status)) << size << ": " << ToString(status);
      ASSERT_EQ(*env.memory_disk().MutableBytes(path), good.substr(0, size)) << "was changed";
    } else {
      EXPECT_TRUE(status.ok()) << size << ": " << ToString(status);
    }
  }
  *env.memory_disk().MutableBytes(path) = good;
  EXPECT_TRUE(Reopen().ok());
  ASSERT_TRUE(env.disk().Remove(path).ok());
  EXPECT_TRUE(absl::IsDataLoss(Reopen()));
  for (uint64_t n = mark.segment; n-- > 1;) ASSERT_TRUE(env.disk().Remove(Segment(n)).ok());
  EXPECT_TRUE(absl::IsDataLoss(Reopen()));  // Nothing is left of the log.
}

TEST_F(Logged, TheFileIsWrittenAnewWhenItIsLarge) {
  auto log = Open();
  for (uint64_t i = 1; i <= kHighWaterBytesMax / kHighWaterRecordBytes + 10; ++i) {
    Write(*log, i, i);
  }
  EXPECT_LT(*env.disk().FileSize(kPath), 20 * kHighWaterRecordBytes);
  EXPECT_EQ(Noted().sequence, log->stats().synced_sequence);
  EXPECT_FALSE(env.disk().Exists(kPath + ".copy"));
}

}  // namespace
}  // namespace quadraft::store
