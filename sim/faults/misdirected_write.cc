// A misdirected write: one sector of what a file last synced landed in another place, of this or
// another file, over what was there; its own place was never written.
#include <algorithm>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;

}  // namespace

Closure BeginMisdirectedWrite(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{}) return nullptr;
  SimDisk& disk = context.world->process(node).disk();
  const auto source = PickFile(context, disk);
  const auto target = PickFile(context, disk);
  if (!source || source->sync_from >= source->sync_to) return nullptr;
  const uint64_t from =
      std::max(source->sync_from,
               (source->sync_from + context.random->Below(source->sync_to - source->sync_from)) /
                   kSector * kSector);
  const uint64_t to = std::min(source->sync_to, (from / kSector + 1) * kSector);
  // A whole sector moves, with what stood in it before the written bytes.
  const uint64_t sector = from / kSector * kSector;
  const uint64_t at = context.random->Below(target->durable) / kSector * kSector;
  const uint64_t length = std::min(to - sector, target->durable - at);
  const std::string moved = disk.Peek(source->path).substr(sector, length);
  if (target->path == source->path && at == sector) return nullptr;
  if (disk.Peek(target->path).compare(at, length, moved) == 0) return nullptr;
  if (!disk.LoseWrite(source->path, from, to).ok() ||
      !disk.Overwrite(target->path, at, moved).ok()) {
    return nullptr;
  }
  return [&disk, look = BreakAndLook(context, node)]() mutable {
    disk.DropCache();
    look();
  };
}

}  // namespace quadraft::sim
