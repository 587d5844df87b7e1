// One of the next syncs of a node fails, as on Linux: its bytes stay in doubt, the page cache keeps
// them as clean or drops them, and the next sync says that all is well. The supervisor starts the
// node again, on the same page cache or after a power cycle.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginFailedSync(FaultContext& context) {
  SimDisk& disk = context.world->process(context.LeaderOrAny()).disk();
  if (disk.nth_pending()) return nullptr;
  disk.FailNth(kDiskSync, 1 + context.random->Below(8));
  return [&context, &disk] {
    if (!disk.nth_pending()) context.took_effect();
    disk.FailNth(0, 0);
  };
}

}  // namespace quadraft::sim
