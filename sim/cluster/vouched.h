// Whether a node whose disk was harmed may be started again: only if it is bound to notice. What
// the log vouches for (its high-water file names a record behind the harmed place) must end in
// DataLoss or have been given up; LevelDB's files have checksums and can be replayed. What stands
// in the log behind the high water was acknowledged a moment ago and looks like a torn tail when it
// is gone: such a node would vote as if it had never promised. It stays out, as a node with a lost
// disk does. So does one whose log and whose promises, which are there for that case, were both
// harmed: what is missing at the promises' end nobody can see.
//
//   if (process.broken() && !HarmIsNoticed(process.disk())) process.Retire();
#ifndef QUADRAFT_SIM_CLUSTER_VOUCHED_H_
#define QUADRAFT_SIM_CLUSTER_VOUCHED_H_

#include "sim/world/disk.h"

namespace quadraft::sim {

// By what lies on the disk now.
bool HarmIsNoticed(const SimDisk& disk);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CLUSTER_VOUCHED_H_
