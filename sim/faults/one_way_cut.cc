// One node no longer hears another one, which still hears it.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginOneWayCut(FaultContext& context) {
  const NodeId from = context.LeaderOrAny();
  const NodeId to = context.AnyNode();
  if (from == to) return nullptr;
  SimNetwork& network = context.world->network();
  network.Cut(from, to);
  return [&network, from, to] { network.Heal(from, to); };
}

}  // namespace quadraft::sim
