// All Raft groups of one node: owns their machines and drives them with the node's clock,
// network, log and state machines.
//
//   ReplicaHost host(env, NodeId{1}, log_store, options);
//   Status added = host.AddGroup(GroupId{1}, {NodeId{1}, NodeId{2}, NodeId{3}}, &machine);
//   host.Start();
//   host.Propose(GroupId{1}, payload, [](StatusOr<ProposalResult> result) { ... });
//   host.ReadBarrier(GroupId{1}, [](Status status) { ... read the state machine ... });
//
// Shape: every input marks its group; one turn of the loop then takes all outputs, writes them to
// the log, asks for ONE sync for all groups (while one is under way the next gathers: group
// commit), sends one batch per peer, and applies a bounded amount. Callbacks run at the end of a
// turn, never inside the call that they belong to, each exactly once.
//
// Owned by the node; env, log store and state machines must outlive it. Everything on the loop.
// Stop before destroying.
#ifndef QUADRAFT_CORE_REPLICA_REPLICA_HOST_H_
#define QUADRAFT_CORE_REPLICA_REPLICA_HOST_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/raft/raft.h"
#include "core/replica/admission.h"
#include "core/replica/codec.h"
#include "core/replica/log_store.h"
#include "core/replica/options.h"
#include "core/replica/replica.h"
#include "core/replica/state_machine.h"

namespace quadraft::replica {

class ReplicaHost {
 public:
  ReplicaHost(Env& env, NodeId self, LogStore& log, Options options);
  ~ReplicaHost();
  ReplicaHost(const ReplicaHost&) = delete;
  ReplicaHost& operator=(const ReplicaHost&) = delete;

  // Takes the group up where the log store and the state machine left it. Before or after Start.
  // `voters` found the group; once its log has a configuration, that one counts. None: this node
  // waits to be added. With a new folder a founder waits until the others know it (admission.h).
  // DataLoss: the two contradict each other. AlreadyExists; InvalidArgument (too many voters).
  Status AddGroup(GroupId group, std::vector<NodeId> voters, StateMachine* state_machine);
  void Start();
  // Answers everything that is pending (proposals: DeadlineExceeded, they may yet happen; reads:
  // Unavailable) before it returns; nothing runs afterwards.
  void Stop();

  // Makes `payload` an entry of the group's log. Proposals get log indexes in the order of the
  // calls. `done` runs after the entry was applied HERE, with the state machine's result (or its
  // error). Other errors:
  //   Unavailable        not the leader (leader() has a hint), or surely lost: nothing was done.
  //   ResourceExhausted  over a bound of Options: nothing was done.
  //   DeadlineExceeded   leadership was lost, or the host stopped, meanwhile: it may yet commit.
  //   InvalidArgument    the payload is too large: nothing was done.
  //   NotFound           no such group.
  // Returns the index that the entry has if it commits; zero when it was refused.
  LogIndex Propose(GroupId group, std::string payload, ProposalCallback done);

  // `done` gets OK once everything that was committed anywhere before this call is applied here: a
  // read of the state machine is then linearizable. On any node; a follower asks the leader.
  // Unavailable: no quorum confirmed it within read_timeout.
  void ReadBarrier(GroupId group, ReadCallback done);

  // For a read that may be up to `bound` behind: OK once everything that was committed anywhere more
  // than `bound` before this call is applied here. At once, and without a word to anybody, when this
  // node knows that: everything that was committed before the last question that was answered (on
  // any node, a learner too) is here, and its age is counted by this node's clock, less
  // raft::Options::clock_drift_ppm_max. Else as ReadBarrier, with its errors. Every half of the bound
  // the question is asked again in the background, so that who reads on never waits.
  void ReadStale(GroupId group, Duration bound, ReadCallback done);

  // ---- What an operator asks for. NotFound: no such group.
  // Hands leadership to `to`: OK means begun; status() shows how it goes, and no proposal is taken
  // meanwhile. Unavailable: this node does not lead, or does so already for another transfer.
  // InvalidArgument: not another voter. FailedPrecondition: it speaks an older version that knows
  // no transfer, or has said nothing yet.
  Status TransferLeadership(GroupId group, NodeId to);
  // Changes who belongs to the group; `done` as of Propose, once the entry of the new configuration
  // is applied here. One change at a time: Unavailable while the one before is not committed.
  // FailedPrecondition: the change does not fit what there is, a new voter is no learner that has
  // caught up (promotion_lag_max), or a member speaks an older version. InvalidArgument: an address
  // is none, or another member's. A new voter's disk, as it was heard, becomes part of it.
  void ChangeMembership(GroupId group, raft::ConfigurationChange change, ProposalCallback done);
  // Makes the state durable and drops the log up to what is applied here; with keep_for_followers
  // no further than what they need, else whoever lags gets the state. NotFound: nothing to drop.
  Status CompactNow(GroupId group, bool keep_for_followers);

  // ---- Views; the group must exist (QR_CHECK), but for leader().
  GroupStatus status(GroupId group) const;
  std::optional<NodeId> leader(GroupId group) const;
  bool is_leader(GroupId group) const { return leader(group) == self_; }
  LogIndex applied_index(GroupId group) const;
  LogIndex last_index(GroupId group) const;     // Of the log: what a leader has proposed, at most.
  const raft::Raft& raft(GroupId group) const;  // For checkers.
  std::vector<GroupId> groups() const;
  bool HasGroup(GroupId group) const { return replicas_.contains(group); }
  // A founder with a new folder, whom the others do not know yet: it takes no part.
  bool waiting() const { return admission_.waiting(); }
  const HostCounters& counters() const { return shared_.counters; }
  size_t sleeping_groups() const { return sleeping_; }
  size_t leading_groups() const { return leading_; }
  const Status& fault() const { return shared_.fault; }

 private:
  Replica& At(GroupId group) const;
  Replica* Find(GroupId group) const;
  void Touch(Replica& replica);  // It has work for the next turn.
  void Mark(Replica& replica);   // The same, for the turn that this call leads to.
  void PostTurn();
  void Turn();  // One pass over all groups with work.
  void RunCompletions();
  StatusOr<Replica*> Running(GroupId group) const;
  Status CheckVersions(const Replica& replica, const raft::ConfigurationChange& change,
                       uint32_t version) const;
  uint64_t DiskOf(NodeId node) const;
  void OnIntroduction(NodeId from);
  void AskAdmission();
  void StartSync();
  void OnSynced(Status status);
  void OnBatch(NodeId from, std::string_view bytes);
  bool Receive(GroupId group, raft::Message message, MonotonicTime now);
  void OnTimer();
  void ArmTimer();
  void Schedule(Replica& replica);
  // replica_host_sleep.cc
  void OnHead(NodeId from, const BatchHead& head, MonotonicTime now);
  void TickMonitor(MonotonicTime now);
  void NoteSleep(Replica& replica, MonotonicTime now);
  enum class NodeNews { kSilent, kBack, kRestarted };
  void WakeGroups(NodeId node, NodeNews news, MonotonicTime now);
  std::vector<Replica*> FromOwnStart() const;
  void TouchSpaced();
  // replica_host_placement.cc
  void NoteLeading(Replica& replica, MonotonicTime now);
  void ArmPlacement();
  void PlaceLeaders();
  Duration PlacementSettle() const;
  NodeId BetterPlace(const Replica& replica, const std::map<NodeId, int64_t>& leads) const;
  void ReportFault();
  void FailAll();

  const NodeId self_;
  const Options options_;
  ReplicaShared shared_;
  std::map<GroupId, std::unique_ptr<Replica>> replicas_;
  std::optional<std::map<GroupId, RecoveredGroup>> recovered_;
  std::vector<Replica*> touched_;
  std::vector<std::pair<Replica*, uint64_t>> unsynced_;  // What the next sync will cover.
  std::vector<std::pair<Replica*, uint64_t>> syncing_;   // What the one under way covers.
  bool sync_under_way_ = false;
  bool turn_posted_ = false;
  bool started_ = false;
  bool stopped_ = false;
  bool fault_reported_ = false;
  TimerId timer_;
  MonotonicTime timer_at_ = MonotonicTime::max();
  // A heap, nearest first, of groups that have a deadline. Deadlines mostly move away (a follower's
  // with each heartbeat): a place that comes due too early is looked at and given anew.
  std::vector<std::pair<MonotonicTime, GroupId>> deadlines_;
  size_t sleeping_ = 0;  // Groups.
  size_t leading_ = 0;   // The same.
  proto::RaftBatch scratch_;
  std::map<NodeId, uint32_t> peer_versions_;  // As each one's last batch says.
  Admission admission_;
  std::map<GroupId, std::vector<NodeId>> founding_;  // While waiting: whom it found them with.
  std::vector<NodeId> silent_, beats_;        // Of one tick of the monitor; kept for their memory.
  std::shared_ptr<bool>
      alive_;  // False once stopped: late callbacks of the world find nobody home.
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_REPLICA_HOST_H_
