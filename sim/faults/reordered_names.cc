// A node loses power in the middle of an event, at one of its next operations on names. Its file
// system keeps no order among them: of the files created, renamed or removed since their directory
// was last synced, some are as they were and others are not, whichever came first (ALICE, OSDI
// 2014, section 3.2: btrfs).
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginReorderedNames(FaultContext& context) {
  return CutPowerAtName(context, CrashStyle::kReorderNames, 2);
}

}  // namespace quadraft::sim
