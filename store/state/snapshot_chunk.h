// The pieces in which one group's state travels to another replica: terms in full, no local ids
// (store/FORMAT.md).
#ifndef QUADRAFT_STORE_STATE_SNAPSHOT_CHUNK_H_
#define QUADRAFT_STORE_STATE_SNAPSHOT_CHUNK_H_

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/rdf/term.h"
#include "core/txn/session.h"

namespace quadraft::store {

// Some of the clients' sessions; only when there are any, behind all quads.
struct SnapshotSessions {
  std::vector<std::string> encoded;  // txn::SessionTable::Encode.
};

// The last chunk: what the others must have come to.
struct SnapshotEnd {
  LogIndex index;
  RaftTerm term;
  uint64_t quad_count = 0;
  Hash128 digest;
  txn::SessionSummary sessions;
  friend bool operator==(const SnapshotEnd&, const SnapshotEnd&) = default;
};

struct SnapshotChunk {
  uint64_t number = 0;  // From 0, without gaps.
  std::variant<std::vector<rdf::Quad>, SnapshotSessions, SnapshotEnd> content;
};

std::string EncodeSnapshotChunk(const SnapshotChunk& chunk);
StatusOr<SnapshotChunk> DecodeSnapshotChunk(std::string_view bytes);  // DataLoss: checksum or form.

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_SNAPSHOT_CHUNK_H_
