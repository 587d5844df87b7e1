// One disk is nearly full for a while: a few more kilobytes fit. The node must stop itself rather
// than go on half written.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDiskFull(FaultContext& context) {
  SimDisk& disk = context.world->process(context.AnyNode()).disk();
  const uint64_t before = SimDiskOptions().capacity_bytes;
  if (disk.capacity_bytes() != before) return nullptr;  // Full already.
  disk.set_capacity_bytes(disk.used_bytes() + context.random->Below(8192));
  return [&context, &disk, before, refused = disk.refused_for_space()] {
    disk.set_capacity_bytes(before);
    if (disk.refused_for_space() > refused) context.took_effect();
  };
}

}  // namespace quadraft::sim
