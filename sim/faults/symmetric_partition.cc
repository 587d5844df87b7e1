// The nodes fall into two groups that do not hear each other. Half of the time clients belong to
// one of the groups, too; else they reach both.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginSymmetricPartition(FaultContext& context) {
  const Sides sides = DrawSides(context);
  if (!sides.BothThere()) return nullptr;
  Cuts cuts(context);
  for (const NodeId a : sides.left) {
    for (const NodeId b : sides.right) cuts.AddBoth(a, b);
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
