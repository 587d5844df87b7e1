// One replica of one Raft group as a pure state machine: no I/O, no clock, no randomness of its
// own. Inputs are calls, outputs are taken once per turn of the caller's loop. In the spirit of
// etcd raft's Ready and Scylla's fsm.hh.
//
//   raft.Step(now, std::move(message));  raft.Tick(now);  raft.Propose(payload);   // Inputs; then:
//   raft.TakeOutput(&out);
//   store.SaveHardState(*out.hard_state); store.Append(out.entries);               // Duty 1
//   store.Sync([&, id = out.sync_id] { raft.Synced(id); ... });                    // Duty 2
//   for (auto& m : out.messages) Send(std::move(m));                               // Duty 3
//
// Duties of the caller:
//   1. Write hard_state (when set), then entries (when any), to the log, in the order of the
//      outputs. `entries` replace whatever the log holds from their first index on.
//   2. When sync_id is not 0, sync after those writes; once they ARE durable, call
//      Synced(sync_id) and take the output again. Syncs complete in order; one completion may
//      stand for all before it (call with the largest id). Never call Synced for a sync that
//      failed: stop the replica.
//   3. Send the messages, at once, before or after the sync: whatever rests on state that is not
//      yet durable (votes, append acknowledgements, a new term) stays inside the machine until
//      Synced releases it. A leader's Appends go out while its own log is still syncing. Messages
//      may be lost, doubled, delayed and reordered.
//   4. Apply entries (applied, apply_limit()] in order. apply_limit() is committed AND durable
//      here.
//   5. Answer reads: `ok` with an index: the read may run once that index is applied. Not ok: ask
//      again, elsewhere.
//   6. For each node in snapshots_wanted, stream a snapshot (any index >= log().snapshot_index()
//      will do) by SendSnapshotChunk, hand snapshot_replies to that stream, and end with
//      SnapshotAbandoned when it cannot go on. A received snapshot_chunk is staged and answered
//      by ReplySnapshot. When the last one is in: make the state durable, write the snapshot mark
//      to the log, then call SnapshotInstalled.
//   7. Call Tick at (or soon after) next_deadline(). A late Tick costs availability only.
//   8. When fault() is not OK, stop the replica: a peer or the disk contradicts what was
//      committed.
//
// Safety does not rest on time, but for reads by lease where they are switched on (lease.h): then a
// `now` must have been read after whatever it comes with happened. Single-threaded. The payloads are
// shared, never copied.
#ifndef QUADRAFT_CORE_RAFT_RAFT_H_
#define QUADRAFT_CORE_RAFT_RAFT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "core/raft/configuration.h"
#include "core/raft/lease.h"
#include "core/raft/log.h"
#include "core/raft/membership.h"
#include "core/raft/message.h"
#include "core/raft/options.h"
#include "core/raft/pace.h"
#include "core/raft/peer_health.h"
#include "core/raft/progress.h"
#include "core/raft/types.h"

namespace quadraft::raft {

struct ReadResult {
  uint64_t id = 0;
  bool ok = false;
  LogIndex index;
};

struct ReceivedChunk {
  NodeId from;
  RaftTerm term;
  SnapshotChunk chunk;
};
struct ReceivedSnapshotReply {
  NodeId from;
  SnapshotReply reply;
};

struct Output {
  std::optional<HardState> hard_state;
  std::vector<Entry> entries;
  uint64_t sync_id = 0;
  std::vector<Message> messages;
  std::vector<ReadResult> reads;
  std::vector<NodeId> snapshots_wanted;
  std::vector<ReceivedChunk> snapshot_chunks;
  std::vector<ReceivedSnapshotReply> snapshot_replies;
  void Clear();
};

// The roles: each holds exactly the state that makes sense in it.
struct Follower {
  NodeId leader;               // Zero: unknown.
  MonotonicTime last_contact;  // With that leader.
  MonotonicTime election_deadline;
  bool excused = false;   // We were late ourselves: the leader's words may be waiting for us.
  bool quiesced = false;  // No deadline: we are woken.
};
using Votes = std::vector<std::pair<NodeId, bool>>;
struct PreCandidate {
  Votes votes;
  MonotonicTime election_deadline;
  MonotonicTime asked_at;
};
struct Candidate {
  Votes votes;
  MonotonicTime election_deadline;
  uint64_t self_vote_sync = 0;  // Our own vote counts once it is durable.
  LeaseWaiver waiver;           // By who asked us to campaign.
  MonotonicTime commit_gate;    // What was promised by who votes for us is over then.
};
struct Leader {
  struct PendingRead {
    NodeId from;  // self: local.
    uint64_t id;
    LogIndex index;
    uint64_t round;  // Confirmed by a quorum of replies to this round or a later one.
  };
  ProgressTable peers;   // Every member but ourselves.
  LogIndex first_index;  // Our no-op: nothing before it commits until it does.
  MonotonicTime elected_at;
  MonotonicTime next_heartbeat;
  uint64_t round = 0;                   // The last one sent.
  std::deque<PendingRead> reads;        // By round.
  std::deque<PendingRead> early_reads;  // They came before the no-op was committed.
  size_t uncommitted_bytes = 0;
  // While leadership is being handed over: nothing new is proposed, so that its log can be whole.
  NodeId transferee;  // Zero: no transfer is under way.
  MonotonicTime transfer_deadline;
  LeaseRounds lease;
  MonotonicTime commit_gate;  // Nothing is committed before; zero: open (lease.h, rule 2).
  // Not past: we were late ourselves, the followers' replies may be waiting for us.
  MonotonicTime excused_until;
  Duration timeout;            // T, as announced.
  MonotonicTime busy_at;       // There was something to do.
  uint64_t quiesce_round = 0;  // The first that told the followers to sleep; zero: they are not to.
  bool quiesced = false;       // No deadline: we are woken.
};
// In the order of Raft::State.
enum class Role : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };
std::string_view RoleName(Role role);

// Messages that wait for a sync; a disk that stalls must not fill the memory.
inline constexpr size_t kHeldMessagesMax = 4096;

// A configuration and the entry that brought it; index zero: the founding one.
struct ConfigurationAt {
  LogIndex index;
  Configuration configuration;
};

// Since the machine was made.
struct Counters {
  uint64_t campaigns = 0;  // Real ones, not pre-votes.
  uint64_t elections_won = 0;
  uint64_t leader_changes = 0;    // As seen here.
  uint64_t step_downs = 0;        // From leadership.
  uint64_t transfers = 0;         // Of leadership, begun here.
  uint64_t changes = 0;           // Of the configuration, proposed here.
  uint64_t rejected_appends = 0;  // Sent by us to a leader.
  uint64_t invalid_messages = 0;  // Dropped.
  uint64_t quiesced = 0;          // Times that it fell asleep.
  uint64_t lease_reads = 0;       // Answered as the leader by lease,
  uint64_t quorum_reads = 0;      // and by a round of heartbeats.
  uint64_t commits_held_off = 0;  // Times that as a new leader it waited for others' leases.
};

class Raft {
 public:
  using State = std::variant<Follower, PreCandidate, Candidate, Leader>;

  // What was durable when the process started. Entries are contiguous from snapshot_index + 1;
  // those of kind kConfiguration hold what DecodeConfiguration takes.
  struct Initial {
    HardState hard_state;
    LogIndex snapshot_index;
    RaftTerm snapshot_term;
    std::vector<Entry> entries;
    LogIndex configuration_index;  // Of `configuration`; zero: the group was founded with it.
    bool restarted = false;        // It ran before, and may have promised something (lease.h).
    // Not zero: entries that were durable here are lost, and whatever this node acknowledged or
    // voted before was of this term at most; hard_state's is above it. See repairing().
    RaftTerm repair_floor;
  };
  // `configuration` is the last one that the state holds; later ones are among the entries. Nobody:
  // a node that waits to be told. `random` (for election timeouts only) and `health` must outlive
  // the machine; no health: it never sleeps. A node that may not (MayCampaign) never campaigns.
  Raft(NodeId self, Configuration configuration, const Options& options, Initial initial,
       MonotonicTime now, Random* random, const PeerHealth* health = nullptr);

  // ---- Inputs
  // Who founds the group, said to a machine that was made with nobody and to which nothing has
  // happened yet.
  void Found(Configuration configuration);
  void Tick(MonotonicTime now);
  // Drops what is not to us, or malformed. Who the sender is does not matter: a node that lags does
  // not know its new leader (thesis section 4.1).
  void Step(MonotonicTime now, Message message);
  // The index that the entry has if it commits. Unavailable: not the leader. ResourceExhausted: too
  // much uncommitted.
  StatusOr<LogIndex> Propose(std::shared_ptr<const std::string> payload);
  // Hands leadership to `to` (thesis section 3.10): until it leads, or for transfer_timeout, no
  // proposal is taken; then this node goes on leading. Unavailable: not the leader, or a transfer
  // to another node is under way. InvalidArgument: not another voter.
  Status TransferLeadership(NodeId to);
  // Appends the next configuration; it counts from then on. The caller sees to it that a new voter
  // has caught up. Unavailable: not the leader, leadership is being handed over, or no entry of
  // this term or the change before is not committed yet. FailedPrecondition: the change does not
  // fit.
  StatusOr<LogIndex> ProposeChange(const ConfigurationChange& change);
  // Asks for a read index; the answer comes in Output::reads with this id (unique per node while
  // unanswered), or never when a message is lost: time out and ask again with a new id.
  void ReadIndex(MonotonicTime now, uint64_t id);
  void Synced(uint64_t sync_id);
  // The caller no longer needs entries up to `index`, which is applied and marked in the log.
  void Compact(LogIndex index);
  void SnapshotInstalled(LogIndex index, RaftTerm term, const AppliedConfiguration& configuration);
  void ReplySnapshot(NodeId to, SnapshotReply reply);
  // Leader: sends a chunk to a peer that is in the snapshot state; false when it no longer is.
  bool SendSnapshotChunk(NodeId to, SnapshotChunk chunk);
  // Leader: the stream to `peer` ended without success; it is probed again, and asked for anew when
  // still needed.
  void SnapshotAbandoned(NodeId peer);
  // The node of a peer fell silent, came back or restarted: a machine that sleeps gets up, `delay`
  // from now. A follower then campaigns soon unless it hears its leader, who is no reason any more
  // to refuse other candidates; a leader sends heartbeats.
  void Wake(MonotonicTime now, Duration delay);
  // A follower that has heard no leader yet waits so much longer: of a node with many groups not
  // all campaign at once.
  void Postpone(Duration delay);

  // ---- Output
  void TakeOutput(Output* out);  // Clears *out first.
  MonotonicTime next_deadline() const;
  const Status& fault() const { return fault_; }

  // ---- Views
  NodeId self() const { return self_; }
  RaftTerm term() const { return term_; }
  NodeId vote() const { return vote_; }
  bool vote_is_durable() const { return !hard_dirty_ && hard_sync_ <= synced_; }  // And the term.
  // The term may be before the vote in it is.
  bool term_is_durable() const { return saved_term_ == term_ && term_sync_ <= synced_; }
  Role role() const { return static_cast<Role>(state_.index()); }
  NodeId leader() const;  // Zero: unknown.
  LogIndex commit() const { return commit_; }
  LogIndex apply_limit() const { return std::min(commit_, log_.stable_index()); }
  const Log& log() const { return log_; }
  const State& state() const { return state_; }
  // The last one in the log, committed or not; zero is the index of the founding one.
  const Configuration& configuration() const { return configurations_.back().configuration; }
  LogIndex configuration_index() const { return configurations_.back().index; }
  // What may still count, by index: the last one applied or before, and all later ones.
  const std::vector<ConfigurationAt>& configurations() const { return configurations_; }
  // A peer said that a later configuration than ours does not have us: we do not campaign.
  bool removed() const { return removed_at_ > configuration_index(); }
  bool IsVoter() const { return configuration().IsVoter(self_); }
  bool IsOnlyVoter() const { return IsVoter() && configuration().voters().size() == 1; }
  // It has lost entries that it had acknowledged, and its log does not yet show that they are back:
  // it follows and acknowledges, but neither votes nor campaigns. Its vote could elect a leader that
  // lacks what was committed with its help. An entry of a term above the floor shows it: that
  // term's leader was elected without this node, so by voters who have what was committed in terms
  // up to the floor (leader completeness, thesis section 3.6.3), and a log that matches the
  // leader's up to an entry of its own term has all of that before it. FAST'18 (Alagappan et al.)
  // marks single entries as faulty instead; here the log ends where the damage begins.
  bool repairing() const {
    return repair_floor_ != RaftTerm{} && log_.last_term() <= repair_floor_;
  }
  RaftTerm repair_floor() const { return repair_floor_; }
  // A voter of any configuration that may still be the one in force: who is to go must yet lead
  // when nobody else has its log (thesis section 4.2.2).
  bool MayCampaign() const;
  const Counters& counters() const { return counters_; }
  const Options& options() const { return options_; }
  bool quiesced() const;
  // T: the shortest silence after which we campaign, or would.
  Duration election_timeout() const;
  const Leader* leader_state() const { return std::get_if<Leader>(&state_); }
  // It leads and may answer reads by lease, when its clock says so much.
  bool LeaseHolds(MonotonicTime now) const;
  // How many campaigns its leader would rather see before ours.
  uint32_t rank() const { return rank_; }

 private:
  // raft.cc: roles, terms, output.
  void BecomeFollower(RaftTerm term, NodeId leader);
  void AdoptTerm(RaftTerm term);
  MonotonicTime NewElectionDeadline();
  Duration ExtraWait(Duration timeout) const;
  bool ExcuseLateTick(MonotonicTime deadline);
  bool AcceptTerm(const Message& message);
  void Dispatch(Message message);
  void FollowLeader(NodeId leader);
  void Send(NodeId to, decltype(Message::body) body);
  void SendAs(NodeId to, RaftTerm term, decltype(Message::body) body, uint64_t after_sync);
  void ReleaseHeld(uint64_t sync_id);
  void Fail(Status status);
  void SetCommit(LogIndex commit);

  // raft_election.cc
  void Campaign(bool pre, bool transfer = false, LeaseWaiver waiver = {});
  void CountVote(NodeId from, bool granted);
  void BecomeLeader();
  bool InLease() const;
  bool MayVote() const;
  bool LosesTie(NodeId from, const VoteRequest& request) const;
  void OnVoteRequest(NodeId from, RaftTerm term, const VoteRequest& request);
  void OnVoteReply(NodeId from, RaftTerm term, const VoteReply& reply);

  // raft_follower.cc
  bool ValidAppend(const Message& message, const Append& append) const;
  void OnAppend(NodeId from, Append append);
  void OnHeartbeat(NodeId from, const Heartbeat& heartbeat);
  void OnSnapshotChunk(NodeId from, SnapshotChunk chunk);
  void OnTimeoutNow(NodeId from, const TimeoutNow& order);
  void AcknowledgeAppend(NodeId to, LogIndex index);

  // raft_leader.cc
  void LeaderTick();
  Progress* FindPeer(NodeId node);
  void OnAppendReply(NodeId from, const AppendReply& reply);
  void OnHeartbeatReply(NodeId from, const HeartbeatReply& reply);
  void OnSnapshotReply(NodeId from, const SnapshotReply& reply);
  void OnAccepted(Progress& peer, bool advanced);
  void MaybeCommit();
  void BroadcastHeartbeat(Leader& leader);
  void FlushAppends(Leader& leader);
  bool SendAppend(Leader& leader, Progress& peer);
  void WantSnapshot(Progress& peer);
  void MaybeSendTimeoutNow();
  MonotonicTime NextHeartbeat(const Leader& leader) const;
  bool QuorumIsSilent(const Leader& leader) const;
  void TimeRoundTrip(Progress& peer, uint64_t round);
  uint32_t PriorityOf(NodeId node) const;
  uint32_t RankOf(const Leader& leader, const Progress& peer) const;
  void SetPace(Leader& leader);

  // raft_lease.cc
  Duration LeaseToOffer(const Leader& leader) const;
  bool PromiseLease(NodeId from, const Heartbeat& heartbeat);
  PromiseLeft PromiseTo(NodeId candidate) const;
  void WaitFor(Candidate& candidate, const PromiseLeft& promise) const;
  void ConfirmLease(Leader& leader);
  void GiveLeaseUp(Leader& leader);
  uint64_t WaivedRound(const Leader& leader) const;
  bool CommitIsHeldOff(Leader& leader);

  // raft_quiesce.cc
  bool IsIdle(const Leader& leader) const;
  void MaybeQuiesce(Leader& leader);
  void FallAsleepIfAll(Leader& leader);
  bool MayFallAsleep(NodeId leader, const Heartbeat& heartbeat) const;
  void GetUpFor(const Message& message);
  void GetUp(bool busy);

  // raft_membership.cc
  void AdoptConfiguration(LogIndex index, Configuration configuration);
  void AdoptConfigurationEntry(const Entry& entry);
  void ForgetConfigurationsFrom(LogIndex first);
  void ForgetConfigurationsBelow(LogIndex index);
  void ScanConfigurations();
  LogIndex AppendConfiguration(Configuration next);
  void AdvanceChange(Leader& leader);
  void HandOver(Leader& leader);
  LogIndex RemovedAt(NodeId node) const;
  void RefuseVote(NodeId candidate, bool pre);
  void OnRemoved(LogIndex index);

  // raft_read.cc
  void OnReadIndexRequest(NodeId from, const ReadIndexRequest& request);
  void OnReadIndexReply(NodeId from, const ReadIndexReply& reply);
  void AddRead(Leader& leader, NodeId from, uint64_t id);
  void StartReads(Leader& leader);
  void ConfirmReads(Leader& leader);
  void AnswerRead(NodeId from, uint64_t id, bool ok, LogIndex index);
  void FailReads(Leader& leader);

  const NodeId self_;
  const Options options_;
  Random* const random_;
  const PeerHealth* const health_;  // Null: nobody watches.

  RaftTerm term_;
  NodeId vote_;
  LogIndex commit_;
  Log log_;
  std::vector<ConfigurationAt> configurations_;  // Never empty.
  LogIndex removed_at_;
  const RaftTerm repair_floor_;
  State state_;
  MonotonicTime now_;
  NodeId last_leader_;  // For the count of changes.
  RaftTerm led_term_;   // The last one whose leader we know, or the one that we began with.

  // What the leaders' T was, as they last said (zero: they do not), and by how much more than a
  // heartbeat's interval their words were apart. That outlives a leader: what delays them is mostly
  // here.
  Duration announced_timeout_{0};
  Estimate late_;

  uint32_t rank_ = 0;

  Promise promise_;
  MonotonicTime forgotten_until_;  // What an earlier life promised is over then.

  // What is durable: hard_dirty_ means that term or vote changed since the last output; a message
  // that rests on them waits for hard_sync_ or, when dirty, for the next sync.
  bool hard_dirty_ = false;
  uint64_t hard_sync_ = 0;
  RaftTerm saved_term_;  // Of the last output, or the start; its sync.
  uint64_t term_sync_ = 0;
  uint64_t next_sync_ = 1;
  uint64_t synced_ = 0;

  struct Held {
    uint64_t after_sync;
    Message message;
  };
  std::vector<Held> held_;  // In order of making; at most kHeldMessagesMax, the rest count as lost.
  Output pending_;  // messages, reads and snapshot parts gathered since the last TakeOutput.
  Counters counters_;
  Status fault_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_RAFT_H_
