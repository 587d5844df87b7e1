// 5 to 60 percent of all messages arrive twice.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDuplication(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const uint32_t ppm = static_cast<uint32_t>(context.random->Between(50'000, 600'000));
  const uint64_t id = network.AddConditions({.duplicate_ppm = ppm});
  return [&network, id, before = network.counters().duplicated, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().duplicated - before;
  };
}

}  // namespace quadraft::sim
