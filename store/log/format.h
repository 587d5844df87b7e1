// The bytes of the write-ahead log: segment header and records. Drawn, with a worked dump, in
// store/FORMAT.md.
//
//   std::string bytes;
//   AppendRecord(&bytes, {.type = RecordType::kHardState, .group = GroupId{7}, .sequence = 12,
//   .synced = 10, .body = body}); auto parsed = ParseRecord(std::string_view(file).substr(offset));
//   // nullopt: nothing valid starts here.
#ifndef QUADRAFT_STORE_LOG_FORMAT_H_
#define QUADRAFT_STORE_LOG_FORMAT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/types.h"

namespace quadraft::store {

inline constexpr size_t kSegmentHeaderBytes = 64;
inline constexpr size_t kRecordHeaderBytes = 32;
inline constexpr size_t kRecordAlignment = 8;
inline constexpr size_t kRecordBodyBytesMax = 512u << 20;

struct SegmentHeader {
  uint64_t number = 0;          // From 1, without gaps.
  uint64_t first_sequence = 0;  // Of the first record that the segment will hold.
  uint64_t oldest_needed = 0;  // Segments below this one had been given up when this one was begun.
  uint64_t previous_bytes = 0;  // Final size of the segment before; 0 for segment 1.
  uint32_t previous_crc =
      0;  // Checksum of the last record of the segment before; 0 when it held none.
};
std::string EncodeSegmentHeader(const SegmentHeader& header);
// DataLoss with the reason; FailedPrecondition: whole, and of a newer program.
StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes);

std::string SegmentName(uint64_t number);                      // "00000007.log"
std::optional<uint64_t> SegmentNumber(std::string_view name);  // nullopt for any other file.

enum class RecordType : uint8_t {
  kEntries = 1,  // Raft entries of one group, contiguous.
  kHardState = 2,
  kSnapshotMark = 3,
  kSyncMark = 4,  // No body: only tells what was durable, when nothing else does.
  kTrim = 5,      // Segments below a number are no longer needed.
  kRepair = 6,    // The group's log was damaged and cut: RecoveredGroup::repair_floor.
};

struct Record {
  RecordType type = RecordType::kSyncMark;
  GroupId group;          // Below 2^56; 0 for kSyncMark and kTrim.
  uint64_t sequence = 0;  // From 1, without gaps through all segments.
  uint64_t synced = 0;    // Every record up to this one was durable when this one was written.
  std::string_view body;
};
// Appends the whole record, padded; returns its checksum.
uint32_t AppendRecord(std::string* out, const Record& record);

struct ParsedRecord {
  Record record;     // Its body points into the parsed bytes.
  size_t bytes = 0;  // With header and padding.
  uint32_t crc = 0;
};
// The record at the front of `bytes`, or nullopt and, when `problem` is given, why not. A whole
// record of a type that this program does not know is given back: the caller refuses it.
std::optional<ParsedRecord> ParseRecord(std::string_view bytes, std::string* problem = nullptr);
inline bool IsKnown(RecordType type) {
  return type >= RecordType::kEntries && type <= RecordType::kRepair;
}

// The kind of an entry whose payload is compressed has this bit (core/base/compress.h): a program of
// before refuses such a kind, as one that it does not know.
inline constexpr uint8_t kCompressedBit = 0x80;
// Payloads of `compress_from` bytes and more are compressed where that is worth it; SIZE_MAX: none.
std::string EncodeEntries(std::span<const raft::Entry> entries, size_t compress_from = SIZE_MAX);
StatusOr<std::vector<raft::Entry>> DecodeEntries(std::string_view body);
std::string EncodeHardState(const raft::HardState& state);
StatusOr<raft::HardState> DecodeHardState(std::string_view body);
struct SnapshotMark {
  LogIndex index;
  RaftTerm term;
};
std::string EncodeSnapshotMark(const SnapshotMark& mark);
StatusOr<SnapshotMark> DecodeSnapshotMark(std::string_view body);
std::string EncodeTrim(uint64_t oldest_needed);
StatusOr<uint64_t> DecodeTrim(std::string_view body);
std::string EncodeRepair(RaftTerm floor);
StatusOr<RaftTerm> DecodeRepair(std::string_view body);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_FORMAT_H_
