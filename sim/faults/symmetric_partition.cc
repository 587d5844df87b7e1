// The nodes fall into two halves that do not hear each other. Clients still reach both.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginSymmetricPartition(FaultContext& context) {
  std::vector<NodeId> sides[2];
  for (const NodeId node : context.nodes) sides[context.random->Below(2)].push_back(node);
  if (sides[0].empty() || sides[1].empty()) return nullptr;
  SimNetwork& network = context.world->network();
  for (const NodeId a : sides[0]) {
    for (const NodeId b : sides[1]) {
      network.Cut(a, b);
      network.Cut(b, a);
    }
  }
  return [&network, left = sides[0], right = sides[1]] {
    for (const NodeId a : left) {
      for (const NodeId b : right) {
        network.Heal(a, b);
        network.Heal(b, a);
      }
    }
  };
}

}  // namespace quadraft::sim
