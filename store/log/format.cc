#include "store/log/format.h"

#include <charconv>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/compress.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr std::string_view kMagic = "QRWALSEG";
constexpr uint32_t kVersion = 1;
constexpr std::string_view kSuffix = ".log";
constexpr size_t kNameDigits = 8;
constexpr int kTypeShift = 56;

size_t Padded(size_t bytes) {
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

Status Malformed(std::string_view what) { return DataLoss("log record: malformed ", what); }

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string out(kMagic);
  PutFixed<uint32_t>(&out, kVersion);
  PutFixed<uint32_t>(&out, 0);
  PutFixed<uint64_t>(&out, header.number);
  PutFixed<uint64_t>(&out, header.first_sequence);
  PutFixed<uint64_t>(&out, header.oldest_needed);
  PutFixed<uint64_t>(&out, header.previous_bytes);
  PutFixed<uint32_t>(&out, header.previous_crc);
  PutFixed<uint64_t>(&out, 0);
  PutFixed<uint32_t>(&out, Crc32c(out));
  QR_CHECK(out.size() == kSegmentHeaderBytes) << out.size();
  return out;
}

StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return DataLoss("segment header: ", bytes.size(), " bytes, expected ", kSegmentHeaderBytes);
  }
  bytes = bytes.substr(0, kSegmentHeaderBytes);
  if (!bytes.starts_with(kMagic)) return DataLoss("segment header: no magic");
  const uint32_t crc = LoadFixed<uint32_t>(bytes.data() + 60);
  if (const uint32_t found = Crc32c(bytes.substr(0, 60)); found != crc) {
    return DataLoss("segment header: checksum ", found, ", expected ", crc);
  }
  if (const uint32_t version = LoadFixed<uint32_t>(bytes.data() + 8); version != kVersion) {
    return FailedPrecondition("segment header: version ", version, ", this program reads ", kVersion);
  }
  return SegmentHeader{.number = LoadFixed<uint64_t>(bytes.data() + 16),
                       .first_sequence = LoadFixed<uint64_t>(bytes.data() + 24),
                       .oldest_needed = LoadFixed<uint64_t>(bytes.data() + 32),
                       .previous_bytes = LoadFixed<uint64_t>(bytes.data() + 40),
                       .previous_crc = LoadFixed<uint32_t>(bytes.data() + 48)};
}

std::string SegmentName(uint64_t number) {
  const std::string digits = StrCat(number);
  std::string out(digits.size() < kNameDigits ? kNameDigits - digits.size() : 0, '0');
  return out.append(digits).append(kSuffix);
}

std::optional<uint64_t> SegmentNumber(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, name.size() - kSuffix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (number == 0 || SegmentName(number) != name) return std::nullopt;
  return number;
}

uint32_t AppendRecord(std::string* out, const Record& record) {
  QR_CHECK(record.group.value() >> kTypeShift == 0) << record.group;
  QR_CHECK(record.body.size() <= kRecordBodyBytesMax) << record.body.size();
  const size_t start = out->size();
  out->reserve(start + Padded(kRecordHeaderBytes + record.body.size()));
  PutFixed<uint32_t>(out, 0);
  PutFixed<uint32_t>(out, static_cast<uint32_t>(record.body.size()));
  PutFixed<uint64_t>(out, record.sequence);
  PutFixed<uint64_t>(out, record.synced);
  PutFixed<uint64_t>(out, record.group.value() | static_cast<uint64_t>(record.type) << kTypeShift);
  out->append(record.body);
  out->resize(start + Padded(out->size() - start), '\0');
  const uint32_t crc = Crc32c(std::string_view(*out).substr(start + 4));
  std::memcpy(out->data() + start, &crc, sizeof(crc));
  return crc;
}

std::optional<ParsedRecord> ParseRecord(std::string_view bytes, std::string* problem) {
  const auto fail = [problem](auto&&... pieces) {
    if (problem != nullptr) *problem = StrCat(pieces...);
    return std::nullopt;
  };
  if (bytes.size() < kRecordHeaderBytes) {
    return fail(bytes.size(), " bytes left, expected a record header of ", kRecordHeaderBytes);
  }
  const uint32_t length = LoadFixed<uint32_t>(bytes.data() + 4);
  const size_t total = Padded(kRecordHeaderBytes + size_t{length});
  if (length > kRecordBodyBytesMax || total > bytes.size()) {
    return fail("record of ", total, " bytes announced, ", bytes.size(), " bytes left");
  }
  const uint64_t tail = LoadFixed<uint64_t>(bytes.data() + 24);
  const uint64_t type = tail >> kTypeShift;
  const uint32_t crc = LoadFixed<uint32_t>(bytes.data());
  const uint32_t found = Crc32c(bytes.substr(4, total - 4));
  if (found != crc && !QR_MUTANT("log-checksum-ignored")) {
    return fail("checksum ", found, ", expected ", crc);
  }
  return ParsedRecord{{.type = static_cast<RecordType>(type),
                       .group = GroupId(tail & ((uint64_t{1} << kTypeShift) - 1)),
                       .sequence = LoadFixed<uint64_t>(bytes.data() + 8),
                       .synced = LoadFixed<uint64_t>(bytes.data() + 16),
                       .body = bytes.substr(kRecordHeaderBytes, length)},
                      total,
                      crc};
}

std::string EncodeEntries(std::span<const raft::Entry> entries, size_t compress_from) {
  QR_CHECK(!entries.empty());
  if (compress_from != SIZE_MAX && SIM_MAYBE("compress-small-entries")) compress_from = 16;
  size_t bytes = 20;
  for (const raft::Entry& entry : entries) bytes += entry.payload_bytes() + 24;
  std::string out;
  out.reserve(bytes);
  PutVarint(&out, entries.size());
  PutVarint(&out, entries.front().index.value());
  uint64_t next = entries.front().index.value();
  for (const raft::Entry& entry : entries) {
    QR_CHECK(entry.index.value() == next++) << "entries must be contiguous, at " << entry.index;
    PutVarint(&out, entry.term.value());
    const auto kind = static_cast<uint8_t>(entry.kind);
    std::optional<std::string> small;
    if (entry.payload && entry.payload->size() >= compress_from) small = Compress(*entry.payload);
    SIM_SOMETIMES(small.has_value(), "log-entry-compressed");
    const bool marked = small.has_value() && !QR_MUTANT("compressed-entry-unmarked");
    out.push_back(static_cast<char>(marked ? kind | kCompressedBit : kind));
    if (small) {
      PutLengthPrefixed(&out, *small);
      continue;
    }
    PutLengthPrefixed(&out, entry.payload ? std::string_view(*entry.payload) : std::string_view());
  }
  return out;
}

StatusOr<std::vector<raft::Entry>> DecodeEntries(std::string_view body) {
  uint64_t count = 0, index = 0;
  if (!GetVarint(&body, &count) || count == 0 || count > body.size() || !GetVarint(&body, &index)) {
    return Malformed("entry count");
  }
  std::vector<raft::Entry> entries(count);
  size_t room = kRecordBodyBytesMax;  // For what is compressed, all together.
  for (raft::Entry& entry : entries) {
    uint64_t term = 0;
    std::string_view payload;
    if (!GetVarint(&body, &term) || body.empty()) return Malformed("entry");
    const bool compressed = (static_cast<uint8_t>(body.front()) & kCompressedBit) != 0;
    const auto kind = static_cast<uint8_t>(body.front() & ~kCompressedBit);
    if (kind > static_cast<uint8_t>(raft::EntryKind::kConfiguration))
      return Malformed("entry kind");
    body.remove_prefix(1);
    if (!GetLengthPrefixed(&body, &payload)) return Malformed("entry payload");
    entry.term = RaftTerm(term);
    entry.index = LogIndex(index++);
    entry.kind = static_cast<raft::EntryKind>(kind);
    if (compressed) {
      QR_ASSIGN_OR_RETURN(std::string whole, Decompress(payload, room));
      room -= whole.size();
      entry.payload = std::make_shared<const std::string>(std::move(whole));
    } else if (!payload.empty()) {
      entry.payload = std::make_shared<const std::string>(payload);
    }
  }
  if (!body.empty()) return Malformed("entries: bytes at the end");
  return entries;
}

std::string EncodeHardState(const raft::HardState& state) {
  std::string out;
  PutVarint(&out, state.term.value());
  PutVarint(&out, state.vote.value());
  PutVarint(&out, state.commit.value());
  return out;
}

StatusOr<raft::HardState> DecodeHardState(std::string_view body) {
  uint64_t term = 0, vote = 0, commit = 0;
  if (!GetVarint(&body, &term) || !GetVarint(&body, &vote) || !GetVarint(&body, &commit) ||
      !body.empty()) {
    return Malformed("hard state");
  }
  return raft::HardState{RaftTerm(term), NodeId(vote), LogIndex(commit)};
}

std::string EncodeSnapshotMark(const SnapshotMark& mark) {
  std::string out;
  PutVarint(&out, mark.index.value());
  PutVarint(&out, mark.term.value());
  return out;
}

StatusOr<SnapshotMark> DecodeSnapshotMark(std::string_view body) {
  uint64_t index = 0, term = 0;
  if (!GetVarint(&body, &index) || !GetVarint(&body, &term) || !body.empty())
    return Malformed("snapshot mark");
  return SnapshotMark{LogIndex(index), RaftTerm(term)};
}

std::string EncodeTrim(uint64_t oldest_needed) {
  std::string out;
  PutVarint(&out, oldest_needed);
  return out;
}

StatusOr<uint64_t> DecodeTrim(std::string_view body) {
  uint64_t oldest = 0;
  if (!GetVarint(&body, &oldest) || !body.empty()) return Malformed("trim");
  return oldest;
}

std::string EncodeRepair(RaftTerm floor) {
  std::string out;
  PutVarint(&out, floor.value());
  return out;
}

StatusOr<RaftTerm> DecodeRepair(std::string_view body) {
  uint64_t floor = 0;
  if (!GetVarint(&body, &floor) || !body.empty()) return Malformed("repair");
  return RaftTerm(floor);
}

}  // namespace quadraft::store
