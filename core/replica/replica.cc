#include "core/replica/replica.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"

namespace quadraft::replica {
namespace {

// Outputs of one group in one turn; more wait for the next (a bound against our own mistakes).
constexpr int kOutputsPerTurnMax = 64;

Status CheckContiguous(GroupId group, const RecoveredGroup& recovered) {
  LogIndex index = recovered.snapshot_index;
  RaftTerm term = recovered.snapshot_term;
  for (const raft::Entry& entry : recovered.entries) {
    if (entry.index != index.Next() || entry.term < term) {
      return DataLoss("log of group ", group, ": entry ", entry.index, "/", entry.term, " after ",
                      index, "/", term);
    }
    index = entry.index;
    term = entry.term;
  }
  return OkStatus();
}

// The others must be able to elect a leader without it.
Status CheckRepairable(const raft::Raft& raft, GroupId group) {
  if (!raft.repairing() || raft.configuration().HasQuorumWithout(raft.self())) return OkStatus();
  return DataLoss("group ", group, ": entries after ", raft.log().last_index(),
                  " were damaged on this node's disk, and the other voters are too few to bring them back (",
                  raft::Describe(raft.configuration()), "): restore a backup");
}

bool OfLeader(const raft::Message& message) {
  const auto& body = message.body;
  return std::holds_alternative<raft::Append>(body) ||
         std::holds_alternative<raft::Heartbeat>(body) ||
         std::holds_alternative<raft::SnapshotChunk>(body) ||
         std::holds_alternative<raft::TimeoutNow>(body);
}

RaftTerm TermAt(const RecoveredGroup& recovered, LogIndex index) {
  if (index == recovered.snapshot_index) return recovered.snapshot_term;
  return recovered.entries[index.value() - recovered.snapshot_index.value() - 1].term;
}

}  // namespace

StatusOr<std::unique_ptr<Replica>> Replica::Recover(ReplicaShared* shared, GroupId group,
                                                    raft::Configuration founding,
                                                    StateMachine* state_machine,
                                                    RecoveredGroup recovered) {
  QR_RETURN_IF_ERROR(CheckContiguous(group, recovered));
  const LogIndex last{recovered.snapshot_index.value() + recovered.entries.size()};
  const LogIndex applied = state_machine->applied_index();
  const RaftTerm applied_term = state_machine->applied_term();
  if (applied < recovered.snapshot_index) {
    return DataLoss("group ", group, ": the state ends at ", applied, ", its log begins after ",
                    recovered.snapshot_index);
  }
  // An installed snapshot is durable before its mark in the log: what the log holds is then older,
  // or of a branch that lost.
  if (applied > last || TermAt(recovered, applied) != applied_term) {
    QR_RETURN_IF_ERROR(shared->log.SaveSnapshotMark(group, applied, applied_term));
    SIM_SOMETIMES(true, "state-ahead-of-log");
    recovered.snapshot_index = applied;
    recovered.snapshot_term = applied_term;
    recovered.entries.clear();
  }
  // Nobody promises anything before its term is durable.
  const bool restarted = recovered.hard_state.term > RaftTerm{} || applied > LogIndex{};
  recovered.hard_state.commit = std::max(recovered.hard_state.commit, applied);
  const RaftTerm repair_floor = recovered.repair_floor;
  const raft::AppliedConfiguration in_state = state_machine->configuration();
  raft::Configuration configuration = std::move(founding);
  if (in_state.index != LogIndex{}) {
    QR_ASSIGN_OR_RETURN(configuration, raft::DecodeConfiguration(in_state.payload));
  }
  auto replica =
      std::make_unique<Replica>(shared, group, std::move(configuration), state_machine,
                                raft::Raft::Initial{.hard_state = recovered.hard_state,
                                                    .snapshot_index = recovered.snapshot_index,
                                                    .snapshot_term = recovered.snapshot_term,
                                                    .entries = std::move(recovered.entries),
                                                    .configuration_index = in_state.index,
                                                    .restarted = restarted,
                                                    .repair_floor = repair_floor});
  QR_RETURN_IF_ERROR(replica->raft().fault());
  QR_RETURN_IF_ERROR(CheckRepairable(replica->raft(), group));
  replica->TeachAddresses();
  return replica;
}

Replica::Replica(ReplicaShared* shared, GroupId group, raft::Configuration configuration,
                 StateMachine* state_machine, raft::Raft::Initial initial)
    : shared_(*shared),
      group_(group),
      state_machine_(state_machine),
      raft_(shared->self, std::move(configuration), shared->options.raft, std::move(initial),
            shared->env.clock().Now(), &shared->env.random(StrCat("raft/", group, "/election")),
            &shared->monitor),
      applied_(state_machine->applied_index()),
      // An answer to a question of our earlier life must not pass for one to ours: ids begin
      // anywhere.
      next_read_id_(shared->env.random(StrCat("raft/", group, "/read")).Next() >> 1) {}

void Replica::Complete(ProposalCallback done, StatusOr<ProposalResult> result) {
  shared_.completions.push_back(
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void Replica::Refuse(ProposalCallback done, Status status) {
  ++counters_.proposals_refused;
  Complete(std::move(done), std::move(status));
}

void Replica::CompleteRead(ReadCallback done, Status status) {
  --pending_reads_;
  if (!status.ok()) ++counters_.reads_failed;
  shared_.completions.push_back(
      [done = std::move(done), status = std::move(status)]() mutable { done(std::move(status)); });
}

LogIndex Replica::Propose(std::string payload, ProposalCallback done) {
  const Options& options = shared_.options;
  const size_t bytes = payload.size();
  if (bytes > std::min(options.proposal_bytes_max, kProposalBytesLimit)) {
    Refuse(std::move(done),
           InvalidArgument("a proposal of ", bytes, " bytes; proposal_bytes_max is ",
                           std::min(options.proposal_bytes_max, kProposalBytesLimit)));
    return LogIndex{};
  }
  if (SIM_MAYBE("proposal-refused") || proposals_.size() >= options.pending_proposals_max ||
      proposal_bytes_ + bytes > std::max(options.pending_proposal_bytes_max, bytes)) {
    Refuse(std::move(done),
           ResourceExhausted("group ", group_, ": ", proposals_.size(), " proposals of ",
                             proposal_bytes_,
                             " bytes are pending (pending_proposals_max, pending_proposal_bytes_max)"));
    return LogIndex{};
  }
  auto index = raft_.Propose(std::make_shared<const std::string>(std::move(payload)));
  if (!index.ok()) {
    Refuse(std::move(done), index.status());
    return LogIndex{};
  }
  ++counters_.proposals;
  proposal_bytes_ += bytes;
  proposals_.push_back(
      {.index = *index, .term = raft_.term(), .bytes = bytes, .done = std::move(done)});
  return *index;
}

// A voter that lacks half of the log would be waited for by every commit: it must have caught up
// as a learner first (thesis section 4.2.1).
Status Replica::CheckPromotions(const raft::ConfigurationChange& change, MonotonicTime now) const {
  const raft::Leader* const leader = raft_.leader_state();
  if (leader == nullptr) return Unavailable("not the leader");
  for (const auto& [kind, node] : change.changes) {
    if (kind != raft::ChangeKind::kAddVoter || raft_.configuration().IsVoter(node)) continue;
    const raft::Progress* const peer = leader->peers.Find(node);
    if (peer == nullptr) {
      return FailedPrecondition("node ", node, " is no learner: add it as one first");
    }
    const uint64_t lag = raft_.log().last_index().value() - peer->match.value();
    if (lag > shared_.options.promotion_lag_max) {
      return FailedPrecondition("node ", node, " lacks ", lag, " entries, more than ",
                                shared_.options.promotion_lag_max, ": ask again later");
    }
    // A group that sleeps is whole; its members are heard by node.
    const bool silent = raft_.quiesced()
                            ? shared_.monitor.Of(node) != raft::Health::kAlive
                            : peer->last_heard + shared_.options.raft.election_timeout_start < now;
    if (peer->state != raft::ProgressState::kReplicate || silent) {
      return FailedPrecondition("node ", node, " is silent: ask again once it answers");
    }
  }
  return OkStatus();
}

void Replica::Found(raft::Configuration configuration) {
  raft_.Found(std::move(configuration));
  TeachAddresses();
}

uint64_t Replica::DiskOf(NodeId node) const {
  if (const uint64_t disk = raft_.configuration().ContactOf(node).disk; disk != 0) return disk;
  const auto heard = heard_disks_.find(node);
  const bool leads = raft_.role() == raft::Role::kLeader && raft_.term() == heard_term_;
  return leads && heard != heard_disks_.end() ? heard->second : 0;
}

// What is known of a member's progress is known of one disk.
bool Replica::Believes(const raft::Message& message, uint64_t disk) {
  if (disk == 0 || OfLeader(message) || QR_MUTANT("lost-disk-comes-back")) return true;
  const NodeId from = message.from;
  if (const uint64_t known = DiskOf(from); known != 0) return known == disk;
  if (raft_.role() != raft::Role::kLeader || !raft_.configuration().IsMember(from)) return true;
  if (heard_term_ != raft_.term()) {
    heard_disks_.clear();
    heard_term_ = raft_.term();
  }
  heard_disks_[from] = disk;
  return true;
}

// Of this node, of those that are to vote and of those that stay: a configuration that lacks them
// is of before there were disks.
void Replica::AddDisks(raft::ConfigurationChange* change) const {
  const raft::Configuration& now = raft_.configuration();
  raft::NodeSet add = now.Members();
  for (const auto& [kind, node] : change->changes) {
    kind == raft::ChangeKind::kAddVoter ? add.Insert(node) : add.Erase(node);
  }
  for (const NodeId node : add) {
    if (now.ContactOf(node).disk != 0 || QR_MUTANT("voter-without-disk")) continue;
    const uint64_t disk = node == shared_.self ? shared_.disk : DiskOf(node);
    if (disk != 0) change->contacts[node].disk = disk;
  }
}

void Replica::ChangeMembership(raft::ConfigurationChange change, bool with_disks,
                               ProposalCallback done, MonotonicTime now) {
  Status status = CheckPromotions(change, now);
  if (with_disks && !change.leaves_joint()) AddDisks(&change);
  if (status.ok() && proposals_.size() >= shared_.options.pending_proposals_max) {
    status = ResourceExhausted("group ", group_, ": ", proposals_.size(), " proposals are pending");
  }
  if (!status.ok()) return Refuse(std::move(done), std::move(status));
  const auto index = raft_.ProposeChange(change);
  if (!index.ok()) return Refuse(std::move(done), index.status());
  ++counters_.proposals;
  shared_.env.Log(LogLevel::kInfo, StrCat("group ", group_, ": from entry ", *index, " on ",
                                          raft::Describe(raft_.configuration())));
  proposals_.push_back(
      {.index = *index, .term = raft_.term(), .bytes = 0, .done = std::move(done)});
}

void Replica::Tick(MonotonicTime now) { raft_.Tick(now); }

MonotonicTime Replica::next_deadline() const {
  MonotonicTime deadline = raft_.next_deadline();
  for (const auto& [peer, sender] : senders_) deadline = std::min(deadline, sender.next_deadline());
  for (const ReadQuestion& question : questions_) {
    deadline =
        std::min(deadline, question.answered ? question.deadline
                                             : std::min(question.deadline, question.next_attempt));
  }
  if (receiver_)
    deadline = std::min(deadline, receiver_->last_heard() + shared_.options.snapshot_idle_timeout);
  return deadline;
}

bool Replica::more_to_do() const { return applied_ < raft_.apply_limit() || output_again_; }

uint64_t Replica::Advance(MonotonicTime now) {
  uint64_t sync_id = 0;
  if (receiver_ && now >= receiver_->last_heard() + shared_.options.snapshot_idle_timeout) {
    receiver_.reset();  // What it staged is of no use any more.
  }
  AskReads(now);
  PumpSenders(now);
  for (int i = 0; i < kOutputsPerTurnMax && shared_.fault.ok(); ++i) {
    output_again_ = false;
    sync_id = std::max(sync_id, TakeOutput());
    for (const raft::ReadResult& read : output_.reads) OnReadResult(read);
    for (NodeId peer : output_.snapshots_wanted) StartSender(peer, now);
    for (const auto& reply : output_.snapshot_replies) OnSnapshotReply(reply, now);
    for (const auto& chunk : output_.snapshot_chunks) OnSnapshotChunk(chunk, now);
    if (!output_again_) break;
  }
  if (!shared_.fault.ok()) return sync_id;
  Apply();
  AnswerReads();
  FailLostProposals();
  MaybeCompact(now);
  LogRoleChange();
  TeachAddresses();
  return sync_id;
}

// Duties 1 and 3 of raft.h; the host does 2.
uint64_t Replica::TakeOutput() {
  raft_.TakeOutput(&output_);
  if (!raft_.fault().ok()) {
    shared_.Fail(Annotate(raft_.fault(), StrCat("group ", group_)));
    return 0;
  }
  if (output_.hard_state) {
    if (Status status = shared_.log.SaveHardState(group_, *output_.hard_state); !status.ok()) {
      shared_.Fail(Annotate(status, "log"));
    }
  }
  if (!output_.entries.empty()) {
    if (Status status = shared_.log.Append(group_, output_.entries); !status.ok()) {
      shared_.Fail(Annotate(status, "log"));
    }
    counters_.appended_entries += output_.entries.size();
    for (const raft::Entry& entry : output_.entries)
      counters_.appended_bytes += entry.payload_bytes();
  }
  for (raft::Message& message : output_.messages) shared_.outbox.Add(group_, std::move(message));
  return output_.sync_id;
}

// Those of an earlier leadership: the next leader may commit them or not, and we shall not be told
// in time. What is committed already only waits to be applied.
void Replica::FailLostProposals() {
  if (QR_MUTANT("proposal-answered-by-index")) return;
  const bool leads = raft_.role() == raft::Role::kLeader;
  while (!proposals_.empty()) {
    Proposal& last = proposals_.back();
    if (leads && last.term == raft_.term()) return;
    if (last.index <= raft_.commit() && last.index > applied_ &&
        raft_.log().Has(last.index, last.term))
      return;
    ++counters_.proposals_unknown;
    SIM_SOMETIMES(true, "proposal-outcome-unknown");
    proposal_bytes_ -= last.bytes;
    if (QR_MUTANT("unknown-reported-as-refused")) {
      Complete(std::move(last.done), Unavailable("not the leader"));
    } else {
      Complete(std::move(last.done),
               DeadlineExceeded("leadership of group ", group_,
                                " was lost: it is unknown whether entry ", last.index, " commits"));
    }
    proposals_.pop_back();
  }
}

void Replica::LogRoleChange() {
  if (seen_role_ == raft_.role() && seen_term_ == raft_.term() && seen_leader_ == raft_.leader())
    return;
  const bool news = seen_leader_ != raft_.leader() || seen_role_ != raft_.role();
  seen_role_ = raft_.role();
  seen_term_ = raft_.term();
  seen_leader_ = raft_.leader();
  if (news && seen_leader_ != NodeId{}) {
    shared_.env.Log(LogLevel::kInfo,
                    StrCat("group ", group_, ": node ", seen_leader_, " leads term ", seen_term_));
  }
}

// Once per configuration, and of it only what is new: a node that moved has told the network itself
// where it is, and an older configuration must not say otherwise again.
void Replica::TeachAddresses() {
  const LogIndex index = raft_.configuration_index();
  const std::pair at{index, raft_.log().term_at(index).value_or(RaftTerm{})};
  if (at == taught_at_) return;
  taught_at_ = at;
  if (QR_MUTANT("addresses-from-flags-alone")) return;
  for (const auto& [node, contact] : raft_.configuration().state().contacts) {
    if (contact.address.empty() || taught_[node] == contact.address) continue;
    taught_[node] = contact.address;
    if (node != shared_.self) {
      shared_.env.network().SetAddress(node, contact.address);
    } else if (const std::string& own = shared_.options.address; !own.empty() && own != contact.address) {
      shared_.env.Log(LogLevel::kWarning,
                      StrCat("group ", group_, " knows this node at ", contact.address, "; it listens at ", own,
                             ": quadraft member update ", node, " ", own));
    }
  }
}

void Replica::FailPending(std::string_view why) {
  while (!proposals_.empty()) {
    ++counters_.proposals_unknown;
    Complete(std::move(proposals_.front().done),
             DeadlineExceeded(why, ": it is unknown whether entry ", proposals_.front().index,
                              " commits"));
    proposals_.pop_front();
  }
  proposal_bytes_ = 0;
  for (ReadCallback& done : new_reads_) CompleteRead(std::move(done), Unavailable(why));
  new_reads_.clear();
  for (ReadQuestion& question : questions_) {
    for (ReadCallback& done : question.done) CompleteRead(std::move(done), Unavailable(why));
  }
  questions_.clear();
  while (!senders_.empty()) EndSender(senders_.begin()->first, /*installed=*/false);
  receiver_.reset();
}

GroupStatus Replica::status(MonotonicTime now) const {
  GroupStatus status{.role = raft_.role(),
                     .term = raft_.term(),
                     .leader = raft_.leader(),
                     .commit = raft_.commit(),
                     .applied = applied_,
                     .last = raft_.log().last_index(),
                     .snapshot = raft_.log().snapshot_index(),
                     .retained_entries = raft_.log().size(),
                     .retained_bytes = raft_.log().bytes(),
                     .pending_proposals = proposals_.size(),
                     .pending_reads = pending_reads_,
                     .configuration = raft_.configuration(),
                     .configuration_index = raft_.configuration_index(),
                     .quiesced = raft_.quiesced(),
                     .removed = raft_.removed(),
                     .lease = raft_.LeaseHolds(now),
                     .repairing = raft_.repairing(),
                     .snapshots_sending = senders_.size(),
                     .snapshot_receiving = receiver_ != nullptr,
                     .snapshot_received_bytes = receiver_ ? receiver_->next_offset() : 0,
                     .counters = counters_};
  status.counters.raft = raft_.counters();
  for (const auto& [peer, sender] : senders_) status.snapshot_sent_bytes += sender.acknowledged();
  if (const raft::Leader* leader = raft_.leader_state()) {
    for (const raft::Progress& peer : leader->peers) {
      status.peers.push_back({.node = peer.node,
                              .match = peer.match,
                              .next = peer.next,
                              .state = peer.state,
                              .silent_for = raft_.quiesced()
                                                ? shared_.monitor.SilentFor(peer.node, now)
                                                : now - peer.last_heard});
    }
  }
  return status;
}

}  // namespace quadraft::replica
