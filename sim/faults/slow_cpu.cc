// The processor of one node is taken by others: each of its events takes 20 microseconds to a
// millisecond, in which nothing else of it runs.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginSlowCpu(FaultContext& context) {
  Process& process = context.world->process(context.LeaderOrAny());
  if (process.event_cost() != Duration(0)) return nullptr;
  process.SetEventCost(microseconds(context.random->Between(20, 1000)));
  const uint64_t watch =
      process.Watch([effects = context.effects] { ++*effects; });  // Each event was slow.
  return [&process, watch] {
    process.SetEventCost(Duration(0));
    process.Unwatch(watch);
  };
}

}  // namespace quadraft::sim
