// A phantom write: what the last sync of a file covered was acknowledged and never reached the
// medium, all of it or one sector. The page cache hides it until the fault ends or the power does.
#include <algorithm>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;

}  // namespace

Closure BeginPhantomWrite(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  SimDisk& disk = context.world->process(node).disk();
  const auto file = PickFile(context, disk);
  if (!file || file->sync_from >= file->sync_to) return nullptr;
  uint64_t from = file->sync_from, to = file->sync_to;
  if (context.random->OneIn(2)) {
    from = std::max(from, (from + context.random->Below(to - from)) / kSector * kSector);
    to = std::min(to, (from / kSector + 1) * kSector);
  }
  const auto lost = disk.LoseWrite(file->path, from, to);
  if (!lost.ok() || !*lost) return nullptr;
  return [&disk, look = BreakAndLook(context, node)]() mutable {
    disk.DropCache();
    look();
  };
}

}  // namespace quadraft::sim
