// One node, half of the time the leader, is cut off from all the others, both ways.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginIsolation(FaultContext& context) {
  Cuts cuts(context);
  cuts.Isolate(context.LeaderOrAny(), context.nodes);
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
