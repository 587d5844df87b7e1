// One message in five takes up to 100 ms longer than its neighbours: later ones overtake it.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginReorder(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const uint64_t id = network.AddConditions({.spike_ppm = 200'000, .spike_max = milliseconds(100)});
  return [&network, id, before = network.counters().spiked, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().spiked - before;
  };
}

}  // namespace quadraft::sim
