// A directory loses the entry of a file that had been synced, name and bytes.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginLostFile(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  SimDisk& disk = context.world->process(node).disk();
  const auto file = PickFile(context, disk);
  if (!file || !disk.LoseFile(file->path).ok()) return nullptr;
  return BreakAndLook(context, node);
}

}  // namespace quadraft::sim
