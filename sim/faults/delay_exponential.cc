// Messages take longer by an exponentially distributed time with a mean of 5 to 100 ms.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDelayExponential(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const Duration mean = milliseconds(context.random->Between(5, 100));
  const uint64_t id =
      network.AddConditions({.shape = DelayShape::kExponential, .shape_scale = mean});
  return [&network, id, before = network.counters().shaped, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().shaped - before;
  };
}

}  // namespace quadraft::sim
