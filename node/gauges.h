// The values of /metrics that are read from a node's parts when asked for, and those of its groups in /status. One line per metric in
// gauges.cc; docs/metrics.md has them all, and a test holds it to them.
#ifndef QUADRAFT_NODE_GAUGES_H_
#define QUADRAFT_NODE_GAUGES_H_

#include <string>
#include <utility>
#include <vector>

#include "core/env/time.h"
#include "core/replica/replica_host.h"
#include "net/http/server.h"
#include "node/metrics.h"
#include "store/kv/kv_store.h"
#include "store/log/write_ahead_log.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

inline constexpr size_t kGroupsShownMax = 100;  // With rows of their own; all are in the sums.

struct GaugeSources {
  const replica::ReplicaHost& replicas;
  const store::WriteAheadLog::Stats& log;
  uint64_t log_segment_bytes = 0;  // Of a full one.
  const store::KvStore& kv;
  const store::GraphState& state;
  const http::ServerStats& http;
  size_t queries_running = 0;
  size_t updates_evaluating = 0;  // One, and those that wait for it.
  size_t rpc_calls_pending = 0;
  WallTime started;
};
std::vector<Gauge> Gauges(const GaugeSources& sources);

// Of all groups together: counts are added, of terms and indexes the highest is taken.
replica::GroupStatus Sum(const std::vector<replica::GroupStatus>& groups);

// [{"group": 1, "role": "leader", ..., "peers": [{"node": 2, "lag": 0, "silent_ms": 12, ...}]}, ...]; at most kGroupsShownMax.
std::string GroupsJson(const replica::ReplicaHost& replicas);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_GAUGES_H_
