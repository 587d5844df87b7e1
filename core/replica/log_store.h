// The durable log of all groups of one node, as core/replica needs it. store/log implements it: one file stream for all
// groups, one sync for many.
//
// A write (Append, SaveHardState, SaveSnapshotMark) is ordered after every earlier write of the node and is durable once a
// Sync that was asked for after it has called back with OK. Nothing may be acknowledged before that. After any error the
// store is failed: every later call returns the first error, and the node must stop.
#ifndef QUADRAFT_CORE_REPLICA_LOG_STORE_H_
#define QUADRAFT_CORE_REPLICA_LOG_STORE_H_

#include <map>
#include <span>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/types.h"

namespace quadraft::replica {

// What recovery found for one group.
struct RecoveredGroup {
  raft::HardState hard_state;
  LogIndex snapshot_index;  // The log holds what is after this; zero when never compacted.
  RaftTerm snapshot_term;
  std::vector<raft::Entry> entries;  // Contiguous from snapshot_index + 1.
  // Not zero: entries that were durable have been lost (the medium damaged them), of this term at
  // most and acknowledged in it at most: raft::Raft::Initial::repair_floor.
  RaftTerm repair_floor;
};

class LogStore {
 public:
  virtual ~LogStore() = default;

  // What was durable at start-up, by group. Call once; the store forgets it.
  virtual std::map<GroupId, RecoveredGroup> TakeRecovered() = 0;

  // `entries` are contiguous and non-empty; whatever the group held from entries.front().index on is replaced.
  virtual Status Append(GroupId group, std::span<const raft::Entry> entries) = 0;
  virtual Status SaveHardState(GroupId group, const raft::HardState& state) = 0;
  // The group's state machine holds everything up to `index` durably: the log up to there may be dropped. When the log does
  // not reach (index, term) (a snapshot was installed), all of it is dropped.
  virtual Status SaveSnapshotMark(GroupId group, LogIndex index, RaftTerm term) = 0;

  // `done` runs on the loop, later, in order of the calls.
  virtual void Sync(absl::AnyInvocable<void(Status)> done) = 0;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_LOG_STORE_H_
