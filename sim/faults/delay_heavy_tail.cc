// Delays have a heavy tail (Pareto with exponent 1): a few milliseconds mostly, seconds now and
// then.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDelayHeavyTail(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const Duration scale = milliseconds(context.random->Between(20, 200));
  const uint64_t id =
      network.AddConditions({.shape = DelayShape::kHeavyTail, .shape_scale = scale});
  return [&network, id, before = network.counters().shaped, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().shaped - before;
  };
}

}  // namespace quadraft::sim
