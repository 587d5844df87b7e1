// What Raft promises (thesis figure 3.2), checked over all replicas of one group as a run goes
// on. For tests and for the simulator, at every step: a replica that did not change costs a few
// comparisons, a new entry is looked at once.
//
//   Invariants invariants;
//   for (each live replica) QR_RETURN_IF_ERROR(invariants.Observe(replica));  // After every step.
//   invariants.Restarted(node);          // After a crash, before the next Observe.
//
//   1. Election safety: at most one leader per term.
//   2. Leader append-only: while it leads, a leader neither drops nor replaces entries.
//   3. Log matching: an (index, term) names the same payload after the same predecessor
//      everywhere; by induction two logs that agree at an index agree on all before it.
//   4. Leader completeness: a leader's log holds every entry that was committed in an earlier
//      term.
//   5. State machine safety: no two replicas commit different entries at one index; no commit
//      index goes back (but by a restart).
//   6. One vote per term: a vote is not changed and not taken back within its term.
//   7. Durability: term, vote and entries that a replica called durable are there after a restart;
//      one whose entries the medium damaged says so (Raft::repairing) and gives no vote meanwhile.
//   8. One change at a time: of the configurations in a leader's log at most one is not committed,
//      each was one voter away from the one before or joint, and a leader is elected as a voter.
//   9. Leases exclude (CheckLease; it takes clocks to ask): while one holds, no leader of a later
//      term has committed anything in its term.
#ifndef QUADRAFT_CORE_RAFT_INVARIANTS_H_
#define QUADRAFT_CORE_RAFT_INVARIANTS_H_

#include <cstdint>
#include <map>
#include <utility>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

// 9, of two replicas at one moment; `now` is what the clock of `holder` says then.
Status CheckLease(const Raft& holder, MonotonicTime now, const Raft& other);

class Invariants {
 public:
  // Internal, with a sentence that names the invariant, the nodes, the term and the index, when one
  // is broken.
  Status Observe(const Raft& replica);
  void Restarted(NodeId node);

  // The highest entry that any replica was seen to have committed.
  LogIndex highest_commit() const {
    return committed_.empty() ? LogIndex{} : committed_.rbegin()->first;
  }
  // Forgets what lies at or below `index` (every replica's snapshot index), to bound the memory of
  // long runs.
  void ForgetThrough(LogIndex index);

 private:
  struct Seen {
    RaftTerm term;
    NodeId vote;
    bool leader = false;
    LogIndex last;
    LogIndex commit;
    uint64_t truncations = 0;
    LogIndex configuration;
  };
  // What the replica believes to be on its disk.
  struct Durable {
    RaftTerm term;
    NodeId vote;
    LogIndex last;
    RaftTerm last_term;
    bool in_doubt = false;  // Restarted, and not seen since.
  };
  struct Identity {
    RaftTerm previous_term;
    uint64_t payload = 0;  // Fingerprint of kind and payload.
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Committed {
    RaftTerm term;
    RaftTerm seen_in;  // The lowest term in which it was seen to be committed.
  };
  Status CheckVote(const Raft& replica, const Seen& seen);
  Status CheckDurable(const Raft& replica, Durable& durable);
  Status CheckLeader(const Raft& replica, const Seen& seen);
  Status CheckEntries(const Raft& replica, const Seen& seen);
  Status CheckCommits(const Raft& replica, const Seen& seen);
  Status CheckConfigurations(const Raft& replica, const Seen& seen) const;

  struct Watched {
    Seen seen;
    Durable durable;
  };
  std::map<NodeId, Watched> watched_;
  std::map<RaftTerm, NodeId> leaders_;
  std::map<std::pair<LogIndex, RaftTerm>, Identity> entries_;
  std::map<LogIndex, Committed> committed_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_INVARIANTS_H_
