// Two halves that do not hear each other, and one node in between that hears both.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginBridgePartition(FaultContext& context) {
  if (context.nodes.size() < 3) return nullptr;
  const NodeId bridge = context.LeaderOrAny();
  const uint64_t turn = context.random->Below(2);
  std::vector<NodeId> halves[2];
  for (const NodeId node : context.nodes) {
    if (node != bridge) halves[(halves[0].size() + halves[1].size() + turn) % 2].push_back(node);
  }
  Cuts cuts(context);
  for (const NodeId a : halves[0]) {
    for (const NodeId b : halves[1]) cuts.AddBoth(a, b);
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
