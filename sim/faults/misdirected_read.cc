// One read of a node brings a sector of another place of its disk instead; the disk itself is fine.
// The node may stop with DataLoss; started again it must find everything.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginMisdirectedRead(FaultContext& context) { return BeginLyingRead(context, true); }

}  // namespace quadraft::sim
