// 2 to 50 percent of all messages are lost; streams are slowed as by retransmission.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginLossBurst(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const uint32_t ppm = static_cast<uint32_t>(context.random->Between(20'000, 500'000));
  const uint64_t id = network.AddConditions({.loss_ppm = ppm});
  return [&network, id, before = network.counters().lost, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().lost - before;
  };
}

}  // namespace quadraft::sim
