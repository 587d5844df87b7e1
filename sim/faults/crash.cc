// One node loses power: what it had not synced may vanish or tear. It comes back a while after the
// fault ends.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginCrash(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  const Duration down = milliseconds(context.random->Between(1, 1000));
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  process.Crash(CrashKind::kPower);
  ++*context.effects;
  return [&context, node, down] { context.restart(node, down); };
}

}  // namespace quadraft::sim
