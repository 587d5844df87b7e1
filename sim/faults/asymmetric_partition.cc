// The nodes fall into two groups; what the second one says does not reach the first, which it
// hears.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginAsymmetricPartition(FaultContext& context) {
  const Sides sides = DrawSides(context);
  if (!sides.BothThere()) return nullptr;
  Cuts cuts(context);
  for (const NodeId a : sides.left) {
    for (const NodeId b : sides.right) cuts.Add(b, a);
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
