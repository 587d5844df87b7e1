#include "store/log/format.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/compress.h"
#include "core/base/strings.h"

namespace quadraft::store {
namespace {

TEST(LogFormatTest, TheWorkedRecordOfFormatMd) {
  std::string bytes;
  const std::string body = EncodeHardState({RaftTerm{3}, NodeId{2}, LogIndex{300}});
  AppendRecord(&bytes, {.type = RecordType::kHardState,
                        .group = GroupId{7},
                        .sequence = 12,
                        .synced = 10,
                        .body = body});
  EXPECT_EQ(HexEncode(bytes),
            "e4a8079204000000"    // Checksum, length.
            "0c00000000000000"    // Sequence.
            "0a00000000000000"    // Synced.
            "0700000000000002"    // Group, type.
            "0302ac0200000000");  // Body, padding.
}

TEST(LogFormatTest, RecordsAreAlignedAndComeBack) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string body(size, 'x');
    std::string bytes;
    AppendRecord(&bytes, {.type = RecordType::kEntries,
                          .group = GroupId{9},
                          .sequence = 5,
                          .synced = 4,
                          .body = body});
    EXPECT_EQ(bytes.size() % kRecordAlignment, 0u);
    const std::string more = bytes + "more";
    const auto parsed = ParseRecord(more);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->record.body, body);
    EXPECT_EQ(parsed->record.group, GroupId{9});
    EXPECT_EQ(parsed->bytes, bytes.size());
    for (size_t cut = 0; cut < bytes.size(); ++cut)
      EXPECT_FALSE(ParseRecord(bytes.substr(0, cut)).has_value());
  }
}

TEST(LogFormatTest, SegmentNames) {
  EXPECT_EQ(SegmentName(7), "00000007.log");
  EXPECT_EQ(SegmentNumber("00000007.log"), 7u);
  EXPECT_EQ(SegmentNumber(SegmentName(123456789012)), 123456789012u);
  for (const char* name :
       {"7.log", "00000000.log", "00000007.ldb", "0000000x.log", ".log", "000000007.log"}) {
    EXPECT_FALSE(SegmentNumber(name).has_value()) << name;
  }
}

TEST(LogFormatTest, BodiesRefuseWhatTheyDidNotWrite) {
  const raft::HardState state{RaftTerm{1}, NodeId{2}, LogIndex{3}};
  EXPECT_EQ(*DecodeHardState(EncodeHardState(state)), state);
  EXPECT_FALSE(DecodeHardState(EncodeHardState(state) + "x").ok());
  EXPECT_FALSE(DecodeHardState("").ok());
  const std::vector<raft::Entry> entries = {
      {RaftTerm{1}, LogIndex{8}, raft::EntryKind::kNoop, nullptr},
      {RaftTerm{2}, LogIndex{9}, raft::EntryKind::kNormal,
       std::make_shared<const std::string>("p")}};
  const std::string body = EncodeEntries(entries);
  EXPECT_EQ(*DecodeEntries(body), entries);
  for (size_t cut = 0; cut < body.size(); ++cut)
    EXPECT_FALSE(DecodeEntries(body.substr(0, cut)).ok()) << cut;
  EXPECT_FALSE(DecodeEntries(body + "x").ok());
}

TEST(LogFormatTest, HeaderRoundTripAndVersion) {
  const SegmentHeader header{.number = 3,
                             .first_sequence = 70,
                             .oldest_needed = 2,
                             .previous_bytes = 99,
                             .previous_crc = 5};
  std::string bytes = EncodeSegmentHeader(header);
  const auto back = DecodeSegmentHeader(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->first_sequence, 70u);
  EXPECT_EQ(back->previous_crc, 5u);
  for (char& byte : bytes) {
    byte ^= 1;
    EXPECT_EQ(DecodeSegmentHeader(bytes).status().code(), absl::StatusCode::kDataLoss);
    byte ^= 1;
  }
}

// A record that claims more than any record holds is refused before it is unpacked.
TEST(LogFormatTest, CompressedEntriesAreMarkedAndBounded) {
  raft::Entry entry{RaftTerm{3}, LogIndex{7}, raft::EntryKind::kNormal,
                    std::make_shared<const std::string>(5000, 'q')};
  const std::string plain = EncodeEntries({&entry, 1});
  const std::string small = EncodeEntries({&entry, 1}, 5000);
  EXPECT_EQ(EncodeEntries({&entry, 1}, 5001), plain);
  ASSERT_LT(small.size(), plain.size() / 10);
  EXPECT_EQ(static_cast<uint8_t>(small[3]), 1 | kCompressedBit);  // count, index, term, kind
  EXPECT_EQ(DecodeEntries(small)->at(0), entry);
  EXPECT_EQ(DecodeEntries(plain)->at(0), entry);
  std::string bomb = small.substr(0, 4);
  PutLengthPrefixed(&bomb, std::string_view("\xff\xff\xff\xff\x0f\x00", 6));
  EXPECT_TRUE(absl::IsDataLoss(DecodeEntries(bomb).status()));
}

}  // namespace
}  // namespace quadraft::store
