// A decaying medium: one to three bits of what a node had synced flip, in one file.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginBitRot(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  SimDisk& disk = context.world->process(node).disk();
  const auto file = PickFile(context, disk);
  if (!file) return nullptr;
  for (int64_t left = context.random->Between(1, 3); left > 0; --left) {
    const uint64_t at = context.random->Below(file->durable);
    const int bit = static_cast<int>(context.random->Below(8));
    if (!disk.FlipBit(file->path, at, bit).ok()) return nullptr;
  }
  return BreakAndLook(context, node);
}

}  // namespace quadraft::sim
