// What each node sends leaves it at 5 to 100 kilobytes a second: it queues up.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginBandwidthLimit(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const uint64_t rate = 1000u * static_cast<uint64_t>(context.random->Between(5, 100));
  const uint64_t id = network.AddConditions({.bytes_per_second = rate});
  return [&network, id, before = network.counters().throttled, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().throttled - before;
  };
}

}  // namespace quadraft::sim
