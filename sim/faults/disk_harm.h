// What the faults of disks have in common.
#ifndef QUADRAFT_SIM_FAULTS_DISK_HARM_H_
#define QUADRAFT_SIM_FAULTS_DISK_HARM_H_

#include <optional>

#include "sim/faults/fault.h"

namespace quadraft::sim {

// A node in service that may be broken for good, half of the time the leader; zero: there is none.
NodeId PickVictim(FaultContext& context);
// A file that has durable bytes. Not the first one of a random start: every file is as likely.
std::optional<SimDisk::FileInfo> PickFile(FaultContext& context, const SimDisk& disk);

// Marks the node as broken. The closure that ends the fault: half of the time the node is killed or
// loses power then and comes back, so that it must look at what its disk has become.
Closure BreakAndLook(FaultContext& context, NodeId node);

// One read of one node soon tells something else than its disk holds. Half of the time the node is
// restarted, so that it reads.
Closure BeginLyingRead(FaultContext& context, bool misdirect);

// Watches a node until `moment` holds (asked about its disk), then cuts its power in that style;
// gives up after a while. The node comes back when the fault has ended.
Closure CutPowerWhen(FaultContext& context, bool (*moment)(const SimDisk&), CrashStyle style);

// A node loses power in the middle of an event, at one of its next operations on names, in that
// style. It counts when at least `names_min` changes of names were not yet durable. The node comes
// back when the fault has ended.
Closure CutPowerAtName(FaultContext& context, CrashStyle style, size_t names_min);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_DISK_HARM_H_
