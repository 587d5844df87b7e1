// The values of /metrics that are read from a node's parts when asked for. One line per metric in gauges.cc.
#ifndef QUADRAFT_NODE_GAUGES_H_
#define QUADRAFT_NODE_GAUGES_H_

#include <vector>

#include "core/replica/replica_host.h"
#include "net/http/server.h"
#include "node/metrics.h"
#include "store/log/write_ahead_log.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

struct GaugeSources {
  const replica::GroupStatus& group;
  const replica::HostCounters& host;
  const store::WriteAheadLog::Stats& log;
  const store::GraphState& state;
  const http::ServerStats& http;
  size_t queries_running = 0;
};
std::vector<Gauge> Gauges(const GaugeSources& sources);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_GAUGES_H_
