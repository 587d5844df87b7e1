// A disk operation fails while a node starts: among the first that change names (files made,
// renamed, removed, directories synced) or among the first of all.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginErrorInRecovery(FaultContext& context) {
  constexpr uint64_t kOperationsMax = 30;
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  SimDisk& disk = process.disk();
  if (!process.running() || disk.nth_pending()) return nullptr;
  process.Crash(context.random->OneIn(2) ? CrashKind::kPower : CrashKind::kKill);
  disk.FailNth(context.random->OneIn(3) ? kDiskAny : kDiskName,
               1 + context.random->Below(kOperationsMax));
  context.restart(node, milliseconds(context.random->Between(1, 50)));
  return [&context, &disk] {
    if (!disk.nth_pending()) context.took_effect();
    disk.FailNth(0, 0);
  };
}

}  // namespace quadraft::sim
