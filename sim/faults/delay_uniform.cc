// Every message takes up to 20 to 400 ms longer, any time up to that being as likely: they overtake
// each other all the time.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDelayUniform(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const Duration most = milliseconds(context.random->Between(20, 400));
  const uint64_t id = network.AddConditions({.jitter = most});
  return [&network, id, before = network.counters().delivered, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().delivered - before;
  };
}

}  // namespace quadraft::sim
