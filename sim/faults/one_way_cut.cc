// One node no longer hears another one, which still hears it.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginOneWayCut(FaultContext& context) {
  const NodeId from = context.LeaderOrAny();
  const NodeId to = context.AnyNode();
  if (from == to) return nullptr;
  Cuts cuts(context);
  cuts.Add(from, to);
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
