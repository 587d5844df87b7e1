// A node loses power in the middle of an event, at one of its next operations on names, and every
// file that was created, renamed or removed since its directory was last synced is as it was.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginLostNames(FaultContext& context) {
  return CutPowerAtName(context, CrashStyle::kLoseAll, 1);
}

}  // namespace quadraft::sim
