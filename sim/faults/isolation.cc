// One node, half of the time the leader, is cut off from all the others, both ways.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginIsolation(FaultContext& context) {
  const NodeId alone = context.LeaderOrAny();
  SimNetwork& network = context.world->network();
  for (const NodeId other : context.nodes) {
    if (other == alone) continue;
    network.Cut(alone, other);
    network.Cut(other, alone);
  }
  return [&network, alone, others = context.nodes] {
    for (const NodeId other : others) {
      if (other == alone) continue;
      network.Heal(alone, other);
      network.Heal(other, alone);
    }
  };
}

}  // namespace quadraft::sim
