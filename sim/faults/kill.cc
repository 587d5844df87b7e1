// kill -9 of one node: the operating system keeps its writes, so only what was in memory is lost.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginKill(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  const Duration down = milliseconds(context.random->Between(1, 200));
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  process.Crash(CrashKind::kKill);
  ++*context.effects;
  return [&context, node, down] { context.restart(node, down); };
}

}  // namespace quadraft::sim
