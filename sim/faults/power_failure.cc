// Every node loses power in the same instant (one rack, one fuse). What was acknowledged must be on the disks.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginPowerFailure(FaultContext& context) {
  for (const NodeId node : context.nodes) context.world->process(node).Crash(CrashKind::kPower);
  return [&context] {
    for (const NodeId node : context.nodes) {
      context.restart(node, milliseconds(context.random->Between(1, 1000)));
    }
  };
}

}  // namespace quadraft::sim
