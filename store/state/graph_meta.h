// What a group's state says about itself, written with every fold of its index (key 'g', store/FORMAT.md).
#ifndef QUADRAFT_STORE_STATE_GRAPH_META_H_
#define QUADRAFT_STORE_STATE_GRAPH_META_H_

#include <string>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/types.h"
#include "core/txn/session.h"
#include "store/kv/keys.h"

namespace quadraft::store {

struct GraphMeta {
  LogIndex applied_index;
  RaftTerm applied_term;
  uint64_t quad_count = 0;
  Hash128 digest;     // Sum of QuadFingerprint over the quads that are there now.
  SpaceId space = 0;  // Where they are.
  Timestamp horizon;  // Reads before this one may lack versions.
  raft::AppliedConfiguration configuration;
  txn::SessionSummary sessions;  // Of the clients' sessions in the space.
  bool has_runs = true;  // False: read from an older format, to be rewritten.
  friend bool operator==(const GraphMeta&, const GraphMeta&) = default;
};
// In the newest format; in the one before sessions while none was ever registered, which an older program can open.
std::string EncodeGraphMeta(const GraphMeta& meta);
StatusOr<GraphMeta> DecodeGraphMeta(std::string_view bytes);  // DataLoss when malformed.

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_GRAPH_META_H_
