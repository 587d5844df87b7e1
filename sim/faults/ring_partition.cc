// Every node hears a majority, and no two hear the same one (Jepsen's majorities-ring): the nodes
// stand in a ring, and each hears only its neighbours.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginRingPartition(FaultContext& context) {
  std::vector<NodeId> ring = context.nodes;
  const size_t count = ring.size();
  if (count < 3) return nullptr;
  for (size_t i = count - 1; i > 0; --i) std::swap(ring[i], ring[context.random->Below(i + 1)]);
  const size_t majority = count / 2 + 1;
  const size_t before = (majority - 1) / 2;
  Cuts cuts(context);
  for (size_t i = 0; i < count; ++i) {
    for (size_t away = 0; away < count; ++away) {
      // The node heard at `away` steps from the first of i's majority.
      const NodeId from = ring[(i + count - before + away) % count];
      if (away >= majority) cuts.Add(from, ring[i]);
    }
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
