#include "store/state/snapshot_chunk.h"

#include "core/base/bytes.h"
#include "core/base/crc32c.h"
#include "core/txn/write_set.h"

namespace quadraft::store {
namespace {

constexpr std::string_view kMagic = "QSC1";
constexpr char kQuads = 1;
constexpr char kEnd = 2;

StatusOr<SnapshotEnd> DecodeEnd(std::string_view body) {
  uint64_t index = 0, term = 0;
  SnapshotEnd end;
  if (!GetVarint(&body, &index) || !GetVarint(&body, &term) || !GetVarint(&body, &end.quad_count) ||
      !GetFixed(&body, &end.digest.high) || !GetFixed(&body, &end.digest.low) || !body.empty()) {
    return DataLoss("snapshot chunk: malformed end");
  }
  end.index = LogIndex(index);
  end.term = RaftTerm(term);
  return end;
}

}  // namespace

std::string EncodeSnapshotChunk(const SnapshotChunk& chunk) {
  std::string rest;
  if (const auto* quads = std::get_if<std::vector<rdf::Quad>>(&chunk.content)) {
    rest.push_back(kQuads);
    PutVarint(&rest, chunk.number);
    rest += txn::EncodeWriteSet({.inserts = *quads});
  } else {
    const auto& end = std::get<SnapshotEnd>(chunk.content);
    rest.push_back(kEnd);
    PutVarint(&rest, chunk.number);
    PutVarint(&rest, end.index.value());
    PutVarint(&rest, end.term.value());
    PutVarint(&rest, end.quad_count);
    PutFixed<uint64_t>(&rest, end.digest.high);
    PutFixed<uint64_t>(&rest, end.digest.low);
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
  if (kind == kEnd) {
    QR_ASSIGN_OR_RETURN(chunk.content, DecodeEnd(bytes));
    return chunk;
  }
  if (kind != kQuads) return DataLoss("snapshot chunk: kind ", static_cast<int>(kind));
  QR_ASSIGN_OR_RETURN(auto writes, txn::DecodeWriteSet(bytes));
  if (!writes.deletes.empty()) return DataLoss("snapshot chunk: deletes");
  chunk.content = std::move(writes.inserts);
  return chunk;
}

}  // namespace quadraft::store
