// The replicated state of one group, as core/replica drives it. store/state implements it over
// LevelDB.
//
// The machine is deterministic: the same entries give the same content digest and the same results
// on every replica. All calls are on the loop.
#ifndef QUADRAFT_CORE_REPLICA_STATE_MACHINE_H_
#define QUADRAFT_CORE_REPLICA_STATE_MACHINE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/types.h"

namespace quadraft::replica {

// A consistent picture of the state at (index, term), read in chunks while later entries apply.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  virtual LogIndex index() const = 0;
  virtual RaftTerm term() const = 0;
  virtual raft::AppliedConfiguration configuration()
      const = 0;  // As StateMachine's, at that index.
  // The next chunk, of about `bytes_target`; empty at the end. Chunks mean the same on every node
  // (no local ids).
  virtual StatusOr<std::string> NextChunk(size_t bytes_target) = 0;
};

// Receives a snapshot into a staging place; nothing of the live state changes before Commit.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;  // Without Commit: the staged bytes are discarded.
  virtual Status AddChunk(std::string_view chunk) = 0;
  // Replaces the live state by what was staged, atomically across a crash, and makes it durable.
  // Afterwards applied_index() is the snapshot's index.
  virtual Status Commit() = 0;
};

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Entries up to here are in the state (after a restart: of the state that survived; replay goes
  // on from there).
  virtual LogIndex applied_index() const = 0;
  virtual RaftTerm applied_term() const = 0;
  // The last entry of kind kConfiguration that was applied; kept, like the applied index, with the
  // data and in snapshots.
  virtual raft::AppliedConfiguration configuration() const = 0;

  // Applies committed entries in order, from applied_index() + 1 on, each atomically with the
  // applied index. One result per entry, for its proposer: opaque bytes, or the error that the
  // proposer is answered with (an entry that fails by its content fails alike on every replica). A
  // Status instead of results: this replica cannot go on (disk) and must stop.
  virtual StatusOr<std::vector<StatusOr<std::string>>> Apply(
      std::span<const raft::Entry> entries) = 0;

  // Everything up to `index`, at most applied_index(), is durable once this returns OK, so that the
  // log up to there may be dropped.
  virtual Status MakeDurable(LogIndex index) = 0;

  virtual StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot() = 0;
  virtual StatusOr<std::unique_ptr<SnapshotWriter>> BeginSnapshot(
      LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) = 0;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_STATE_MACHINE_H_
