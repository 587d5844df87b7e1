// One bit of one read flips on its way from the disk; the disk itself is fine. The node may stop
// with DataLoss; started again it must find everything.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginBitFlip(FaultContext& context) { return BeginLyingRead(context, false); }

}  // namespace quadraft::sim
