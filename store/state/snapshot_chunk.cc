#include "store/state/snapshot_chunk.h"

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/txn/write_set.h"

namespace quadraft::store {
namespace {

constexpr std::string_view kMagic = "QSC1";
constexpr char kQuads = 1;
constexpr char kEnd = 2;
constexpr char kSessions = 3;
constexpr char kEndWithSessions = 4;

StatusOr<SnapshotEnd> DecodeEnd(std::string_view body, bool with_sessions) {
  uint64_t index = 0, term = 0;
  SnapshotEnd end;
  if (!GetVarint(&body, &index) || !GetVarint(&body, &term) || !GetVarint(&body, &end.quad_count) ||
      !GetFixed(&body, &end.digest.high) || !GetFixed(&body, &end.digest.low)) {
    return DataLoss("snapshot chunk: malformed end");
  }
  txn::SessionSummary& sessions = end.sessions;
  if (with_sessions && (!GetVarint(&body, &sessions.clock_ms) || !GetVarint(&body, &sessions.count) ||
                        !GetFixed(&body, &sessions.digest.high) || !GetFixed(&body, &sessions.digest.low))) {
    return DataLoss("snapshot chunk: malformed end");
  }
  if (!body.empty()) return DataLoss("snapshot chunk: malformed end");
  end.index = LogIndex(index);
  end.term = RaftTerm(term);
  return end;
}

StatusOr<SnapshotSessions> DecodeSessions(std::string_view body) {
  SnapshotSessions sessions;
  while (!body.empty()) {
    std::string_view encoded;
    if (!GetLengthPrefixed(&body, &encoded)) return DataLoss("snapshot chunk: malformed sessions");
    sessions.encoded.emplace_back(encoded);
  }
  return sessions;
}

void PutEnd(std::string* out, uint64_t number, const SnapshotEnd& end) {
  const bool with_sessions = end.sessions != txn::SessionSummary{};  // Older programs know no others.
  out->push_back(with_sessions ? kEndWithSessions : kEnd);
  for (const uint64_t value : {number, end.index.value(), end.term.value(), end.quad_count}) PutVarint(out, value);
  PutFixed<uint64_t>(out, end.digest.high);
  PutFixed<uint64_t>(out, end.digest.low);
  if (!with_sessions) return;
  PutVarint(out, end.sessions.clock_ms);
  PutVarint(out, end.sessions.count);
  PutFixed<uint64_t>(out, end.sessions.digest.high);
  PutFixed<uint64_t>(out, end.sessions.digest.low);
}

}  // namespace

std::string EncodeSnapshotChunk(const SnapshotChunk& chunk) {
  std::string rest;
  if (const auto* quads = std::get_if<std::vector<rdf::Quad>>(&chunk.content)) {
    rest.push_back(kQuads);
    PutVarint(&rest, chunk.number);
    rest += txn::EncodeWriteSet({.inserts = *quads});
  } else if (const auto* sessions = std::get_if<SnapshotSessions>(&chunk.content)) {
    rest.push_back(kSessions);
    PutVarint(&rest, chunk.number);
    for (const std::string& encoded : sessions->encoded) PutLengthPrefixed(&rest, encoded);
  } else {
    PutEnd(&rest, chunk.number, std::get<SnapshotEnd>(chunk.content));
  }
  std::string out(kMagic);
  PutFixed<uint32_t>(&out, Crc32c(rest));
  return out += rest;
}

StatusOr<SnapshotChunk> DecodeSnapshotChunk(std::string_view bytes) {
  uint32_t crc = 0;
  if (!bytes.starts_with(kMagic)) return DataLoss("snapshot chunk: no magic");
  bytes.remove_prefix(kMagic.size());
  if (!GetFixed(&bytes, &crc)) return DataLoss("snapshot chunk: cut short");
  if (const uint32_t found = Crc32c(bytes); found != crc) {
    return DataLoss("snapshot chunk: checksum ", found, ", expected ", crc);
  }
  SnapshotChunk chunk;
  if (bytes.empty()) return DataLoss("snapshot chunk: cut short");
  const char kind = bytes.front();
  bytes.remove_prefix(1);
  if (!GetVarint(&bytes, &chunk.number)) return DataLoss("snapshot chunk: cut short");
  if (kind == kEnd || kind == kEndWithSessions) {
    QR_ASSIGN_OR_RETURN(chunk.content, DecodeEnd(bytes, kind == kEndWithSessions));
    return chunk;
  }
  if (kind == kSessions) {
    QR_ASSIGN_OR_RETURN(chunk.content, DecodeSessions(bytes));
    return chunk;
  }
  if (kind != kQuads) return DataLoss("snapshot chunk: kind ", static_cast<int>(kind));
  QR_ASSIGN_OR_RETURN(auto writes, txn::DecodeWriteSet(bytes));
  if (!writes.deletes.empty()) return DataLoss("snapshot chunk: deletes");
  chunk.content = std::move(writes.inserts);
  return chunk;
}

}  // namespace quadraft::store
