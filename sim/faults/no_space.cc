// Not one more byte fits on the disk of a node for a while, and no new file.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginNoSpace(FaultContext& context) {
  SimDisk& disk = context.world->process(context.AnyNode()).disk();
  const uint64_t before = SimDiskOptions().capacity_bytes;
  if (disk.capacity_bytes() != before) return nullptr;  // Full already.
  disk.set_capacity_bytes(disk.used_bytes());
  return [&context, &disk, before, refused = disk.refused_for_space()] {
    disk.set_capacity_bytes(before);
    if (disk.refused_for_space() > refused) context.took_effect();
  };
}

}  // namespace quadraft::sim
