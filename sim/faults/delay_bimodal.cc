// Most messages are quick; one in twenty takes about 100 ms to a second.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDelayBimodal(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const Duration slow = milliseconds(context.random->Between(100, 1000));
  const uint64_t id = network.AddConditions({.shape = DelayShape::kBimodal, .shape_scale = slow});
  return [&network, id, before = network.counters().shaped, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().shaped - before;
  };
}

}  // namespace quadraft::sim
