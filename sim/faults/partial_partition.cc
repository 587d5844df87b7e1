// Some pairs of nodes do not hear each other, while everybody else hears both (Alquraan et al.,
// OSDI 2018: partial partitions are the ones that systems forget).
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginPartialPartition(FaultContext& context) {
  Cuts cuts(context);
  const size_t pairs = 1 + context.random->Below(context.nodes.size());
  for (size_t i = 0; i < pairs; ++i) {
    const NodeId a = context.LeaderOrAny(), b = context.AnyNode();
    if (a != b) cuts.AddBoth(a, b);
  }
  if (cuts.empty()) return nullptr;
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
