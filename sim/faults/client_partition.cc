// Clients do not reach some of the servers, or are not answered by them; servers hear each other.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginClientPartition(FaultContext& context) {
  if (context.clients.empty()) return nullptr;
  Cuts cuts(context);
  const uint64_t ways = context.random->Below(3);  // Requests, answers, both.
  for (const NodeId server : context.nodes) {
    for (const NodeId client : context.clients) {
      if (context.random->OneIn(2)) continue;
      if (ways != 1) cuts.Add(client, server);
      if (ways != 0) cuts.Add(server, client);
    }
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
