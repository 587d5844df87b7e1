// More nodes than the protocol survives are dead at once, by loss of power or kill -9 of each. They
// come back one by one after the fault ends.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginMajorityDown(FaultContext& context) {
  std::vector<NodeId> down = context.Majority();
  for (const NodeId node : down) {
    if (context.world->process(node).running()) ++*context.effects;
    context.world->process(node).Crash(context.random->OneIn(2) ? CrashKind::kPower
                                                                : CrashKind::kKill);
  }
  return [&context, down = std::move(down)] {
    for (const NodeId node : down)
      context.restart(node, milliseconds(context.random->Between(1, 1000)));
  };
}

}  // namespace quadraft::sim
