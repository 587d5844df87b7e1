// A node loses power at a moment when it has written something and not yet synced it, and all of
// that is gone.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginUnsyncedLoss(FaultContext& context) {
  return CutPowerWhen(
      context, [](const SimDisk& disk) { return disk.unsynced_bytes() > 0; }, CrashStyle::kLoseAll);
}

}  // namespace quadraft::sim
