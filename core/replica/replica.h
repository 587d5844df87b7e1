// One group's replica as the host drives it: the machine, its proposals and reads, applying,
// compaction and snapshots. Internal to core/replica; callers use ReplicaHost, which also
// explains the results.
//
//   replica.Step(now, message);  replica.Propose(payload, done);       // Inputs
//   replica.Advance(now);              // The turn: outputs to log, outbox, state machine
#ifndef QUADRAFT_CORE_REPLICA_REPLICA_H_
#define QUADRAFT_CORE_REPLICA_REPLICA_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/raft/raft.h"
#include "core/replica/codec.h"
#include "core/replica/log_store.h"
#include "core/replica/node_monitor.h"
#include "core/replica/options.h"
#include "core/replica/snapshot_stream.h"
#include "core/replica/state_machine.h"

namespace quadraft::replica {

struct ProposalResult {
  LogIndex index;
  std::string result;  // The state machine's.
};
using ProposalCallback = absl::AnyInvocable<void(StatusOr<ProposalResult>)>;
using ReadCallback = absl::AnyInvocable<void(Status)>;

// Since the host was made, for metrics.
struct HostCounters {
  uint64_t syncs = 0;
  uint64_t batches_received = 0;
  uint64_t batches_invalid = 0;  // Not decodable, or with unknown parts.
  uint64_t messages_received = 0;
  uint64_t messages_unknown_group = 0;
  uint64_t batches_of_other_version = 0;  // Their sender speaks another than this node.
  uint64_t snapshots_sent = 0;
  uint64_t snapshots_installed = 0;
  uint64_t snapshots_abandoned = 0;
  uint64_t nodes_silent = 0;  // Times that a node was taken for dead by whose groups sleep.
  uint64_t groups_woken = 0;  // On account of a node.
  uint64_t leaders_moved = 0;  // Transfers begun for a better place.
};

struct GroupCounters {
  raft::Counters raft;
  uint64_t proposals = 0;          // Accepted.
  uint64_t proposals_applied = 0;  // Answered with the state machine's word.
  uint64_t proposals_refused = 0;
  uint64_t proposals_unknown = 0;  // DeadlineExceeded.
  uint64_t reads = 0;        // Of all kinds.
  uint64_t stale_reads = 0;  // Answered at once: their bound was known to hold.
  uint64_t reads_failed = 0;
  uint64_t appended_entries = 0;  // Written to the log.
  uint64_t appended_bytes = 0;
  uint64_t applied_entries = 0;
  uint64_t compactions = 0;
};

struct PeerStatus {
  NodeId node;
  LogIndex match;
  LogIndex next;
  raft::ProgressState state;
  Duration silent_for;  // Since the peer was last heard.
};

struct GroupStatus {
  raft::Role role;
  RaftTerm term;
  NodeId leader;  // Zero: unknown.
  LogIndex commit;
  LogIndex applied;
  LogIndex last;
  LogIndex snapshot;  // The log begins after it.
  size_t retained_entries;
  size_t retained_bytes;
  size_t pending_proposals;
  size_t pending_reads;
  raft::Configuration configuration;  // The last in the log, committed or not.
  LogIndex configuration_index;
  bool quiesced;                  // It sleeps.
  bool removed;                   // Another node's committed configuration does not have this one.
  bool lease;                     // It leads, and answers reads by lease just now.
  bool repairing;                 // Its log was damaged, and it has no vote yet (raft::Raft::repairing).
  // Snapshot streams under way: out, with what their receivers hold by now, and in.
  size_t snapshots_sending;
  uint64_t snapshot_sent_bytes;
  bool snapshot_receiving;
  uint64_t snapshot_received_bytes;
  std::vector<PeerStatus> peers;  // Of a leader.
  GroupCounters counters;
};

// What the host lends to its replicas.
struct ReplicaShared {
  Env& env;
  LogStore& log;
  NodeId self;
  const Options& options;
  uint64_t disk = 0;  // That this node lives on; 0: not known.
  NodeMonitor monitor;
  Outbox outbox;
  std::vector<Closure> completions;  // Callbacks to run at the end of the turn.
  size_t snapshot_streams = 0;       // Being sent.
  HostCounters counters;
  Status fault;  // Once not OK, the host stops.
  void Fail(const Status& status) { fault.Update(status); }
};

class Replica {
 public:
  // DataLoss when what was recovered and the state machine contradict each other.
  static StatusOr<std::unique_ptr<Replica>> Recover(ReplicaShared* shared, GroupId group,
                                                    raft::Configuration founding,
                                                    StateMachine* state_machine,
                                                    RecoveredGroup recovered);
  Replica(ReplicaShared* shared, GroupId group, raft::Configuration configuration,
          StateMachine* state_machine, raft::Raft::Initial initial);

  // Who founds the group: only to a replica that was made with nobody and did nothing yet.
  void Found(raft::Configuration configuration);
  // The disk by which this replica knows a node: of its configuration or, of a member that has none
  // there yet, the first that was heard while leading. 0: it knows none.
  uint64_t DiskOf(NodeId node) const;
  // Whether a message of a node on that disk is that member's own: what it asks votes for, and what
  // it promises. 0, not said, is believed; and a leader is, whom its voters have looked at.
  bool Believes(const raft::Message& message, uint64_t disk);

  LogIndex Propose(std::string payload, ProposalCallback done);
  void ReadBarrier(ReadCallback done);
  void ReadStale(MonotonicTime now, Duration bound, ReadCallback done);
  void Step(MonotonicTime now, raft::Message message) { raft_.Step(now, std::move(message)); }
  void Synced(uint64_t sync_id) { raft_.Synced(sync_id); }
  void Tick(MonotonicTime now);
  void Wake(MonotonicTime now, Duration delay) { raft_.Wake(now, delay); }
  void Postpone(Duration delay) { raft_.Postpone(delay); }
  Status TransferLeadership(NodeId to) { return raft_.TransferLeadership(to); }
  // `with_disks`: all members read configurations with contacts, so that new voters get theirs.
  void ChangeMembership(raft::ConfigurationChange change, bool with_disks, ProposalCallback done,
                        MonotonicTime now);
  Status CompactNow(bool keep_for_followers, MonotonicTime now);

  // Carries out what the machine wants and applies a bounded amount. Returns the sync that must be
  // asked for (0: none). more_to_do(): another turn should follow.
  uint64_t Advance(MonotonicTime now);
  bool more_to_do() const;
  MonotonicTime next_deadline() const;

  // Answers all that is pending: it cannot be known any more.
  void FailPending(std::string_view why);

  GroupId group() const { return group_; }
  const raft::Raft& raft() const { return raft_; }
  LogIndex applied() const { return applied_; }
  GroupStatus status(MonotonicTime now) const;

  // The host's marks.
  bool touched = false;
  MonotonicTime scheduled_at = MonotonicTime::max();  // Its nearest place among the deadlines.
  std::vector<NodeId> relies_on;                      // Asleep: the nodes that are watched for it.
  bool leads = false;
  MonotonicTime settled_since;  // It leads since then, or was to be moved then.

 private:
  struct Proposal {
    LogIndex index;
    RaftTerm term;
    size_t bytes;
    ProposalCallback done;
  };
  // Reads that asked together.
  struct ReadQuestion {
    std::vector<ReadCallback> done;
    MonotonicTime deadline;
    MonotonicTime next_attempt;
    uint64_t id = 0;    // Of the attempt under way; 0: none.
    MonotonicTime asked_at;  // That attempt.
    LogIndex wait_for;  // Set once answered: to be applied.
    bool answered = false;
  };

  // replica.cc
  uint64_t TakeOutput();
  void Refuse(ProposalCallback done, Status status);
  void Complete(ProposalCallback done, StatusOr<ProposalResult> result);
  void CompleteRead(ReadCallback done, Status status);
  Status CheckPromotions(const raft::ConfigurationChange& change, MonotonicTime now) const;
  void AddDisks(raft::ConfigurationChange* change) const;
  void FailLostProposals();
  void LogRoleChange();
  void TeachAddresses();
  // replica_apply.cc
  void Apply();
  void AnswerProposals(std::span<const raft::Entry> entries,
                       std::vector<StatusOr<std::string>>& results);
  void MaybeCompact(MonotonicTime now);
  LogIndex CompactionPoint(MonotonicTime now, size_t entries_max) const;
  LogIndex NeededByOthers(LogIndex point, MonotonicTime now) const;
  void CompactTo(LogIndex point);
  // replica_read.cc
  void AskReads(MonotonicTime now);
  void OnReadResult(const raft::ReadResult& result);
  void AnswerReads();
  // replica_snapshot.cc
  void StartSender(NodeId peer, MonotonicTime now);
  void PumpSenders(MonotonicTime now);
  void OnSnapshotReply(const raft::ReceivedSnapshotReply& received, MonotonicTime now);
  void OnSnapshotChunk(const raft::ReceivedChunk& received, MonotonicTime now);
  void InstallSnapshot(const raft::ReceivedChunk& received);
  void EndSender(NodeId peer, bool installed);

  ReplicaShared& shared_;
  const GroupId group_;
  StateMachine* const state_machine_;
  raft::Raft raft_;
  raft::Output output_;
  bool output_again_ = false;  // Carrying out one output gave the machine new inputs.
  LogIndex applied_;

  std::deque<Proposal> proposals_;  // By index.
  size_t proposal_bytes_ = 0;
  std::vector<ReadCallback> new_reads_;
  std::deque<ReadQuestion> questions_;
  size_t pending_reads_ = 0;
  uint64_t next_read_id_;
  NodeId asked_leader_;  // To ask again when it changes.
  // What was committed anywhere before then is applied here; zero: nothing is known.
  MonotonicTime fresh_at_;
  bool renewing_ = false;  // A question is under way for nothing but that.

  std::map<NodeId, SnapshotSender> senders_;
  std::unique_ptr<SnapshotReceiver> receiver_;
  uint64_t next_stream_ = 1;

  std::map<NodeId, uint64_t> heard_disks_;  // Of members without one, while we lead heard_term_.
  RaftTerm heard_term_;
  std::pair<LogIndex, RaftTerm> taught_at_ = {LogIndex{UINT64_MAX}, RaftTerm{}};
  std::map<NodeId, std::string> taught_;  // What the network was told, by configurations.

  raft::Role seen_role_ = raft::Role::kFollower;
  RaftTerm seen_term_;
  NodeId seen_leader_;
  GroupCounters counters_;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_REPLICA_H_
