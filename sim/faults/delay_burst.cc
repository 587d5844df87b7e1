// Every message takes 10 to 300 ms longer.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDelayBurst(FaultContext& context) {
  const Duration delay = milliseconds(context.random->Between(10, 300));
  SimNetwork& network = context.world->network();
  const uint64_t id = network.AddConditions({.delay = delay, .jitter = delay / 4});
  return [&network, id, before = network.counters().delivered, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().delivered - before;
  };
}

}  // namespace quadraft::sim
