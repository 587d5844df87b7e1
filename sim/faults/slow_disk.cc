// The syncs of one node take 10 to 200 times as long.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginSlowDisk(FaultContext& context) {
  SimDisk& disk = context.world->process(context.LeaderOrAny()).disk();
  disk.set_slowness(context.random->Between(10, 200));
  return [&context, &disk, before = disk.syncs()] {
    disk.set_slowness(1);
    if (disk.syncs() > before) context.took_effect();
  };
}

}  // namespace quadraft::sim
