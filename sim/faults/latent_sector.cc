// A latent sector error: reads of one to eight sectors of a file fail from now on.
#include <algorithm>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;

}  // namespace

Closure BeginLatentSector(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  SimDisk& disk = context.world->process(node).disk();
  const auto file = PickFile(context, disk);
  if (!file) return nullptr;
  const uint64_t from = context.random->Below(file->durable) / kSector * kSector;
  const uint64_t sectors = 1 + context.random->Below(8);
  const uint64_t to = std::min(file->durable, from + sectors * kSector);
  if (!disk.MakeUnreadable(file->path, from, to).ok()) return nullptr;
  return BreakAndLook(context, node);
}

}  // namespace quadraft::sim
