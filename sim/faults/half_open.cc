// The present connections of clients with one server swallow everything from here on, and neither
// end is told (a firewall forgot them): both must find out by their own timeouts.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginHalfOpen(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const NodeId server = context.LeaderOrAny();
  size_t stranded = 0;
  for (const NodeId client : context.clients) {
    if (!context.random->OneIn(3)) stranded += network.Strand(server, client);
  }
  if (stranded == 0) return nullptr;
  // They stay so for good; an effect is that something was swallowed.
  return [&network, before = network.counters().stranded, effects = context.effects] {
    *effects += network.counters().stranded - before;
  };
}

}  // namespace quadraft::sim
