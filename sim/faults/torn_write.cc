// A node loses power in the middle of a write: of what was not synced, some sectors are on the
// disk and others are not.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
Closure BeginTornWrite(FaultContext& context) {
  return CutPowerWhen(
      context, [](const SimDisk& disk) { return disk.unsynced_bytes() > 0; }, CrashStyle::kTear);
}

}  // namespace quadraft::sim
