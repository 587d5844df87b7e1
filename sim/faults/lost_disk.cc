// A whole disk is lost. With the members fixed its node does not come back: an empty disk knows
// nothing of the votes and entries that its node had promised to keep.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginLostDisk(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{} || context.world->process(node).retired()) return nullptr;
  Process& process = context.world->process(node);
  process.Crash(CrashKind::kPower);
  process.disk().Wipe();
  context.Break(node);
  process.Retire();
  return [] {};
}

}  // namespace quadraft::sim
