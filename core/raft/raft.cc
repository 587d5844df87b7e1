#include "core/raft/raft.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::raft {
namespace {

// A snapshot of something, with members that a group can have (they come with its first chunk).
bool ValidChunk(const Message& message, const SnapshotChunk& chunk) {
  if (chunk.index_term > message.term || chunk.index == LogIndex{}) return false;
  if (chunk.configuration_index == LogIndex{}) return true;
  if (chunk.configuration_index > chunk.index) return false;
  const auto members = DecodeConfiguration(chunk.configuration ? *chunk.configuration : "");
  return members.ok() && !members->voters().empty();
}

}  // namespace

void Output::Clear() {
  hard_state.reset();
  entries.clear();
  sync_id = 0;
  messages.clear();
  reads.clear();
  snapshots_wanted.clear();
  snapshot_chunks.clear();
  snapshot_replies.clear();
}

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "unknown";
}

Raft::Raft(NodeId self, Configuration configuration, const Options& options, Initial initial,
           MonotonicTime now, Random* random, const PeerHealth* health)
    : self_(self),
      options_(options),
      random_(random),
      health_(health),
      term_(initial.hard_state.term),
      vote_(initial.hard_state.vote),
      log_(initial.snapshot_index, initial.snapshot_term, std::move(initial.entries)),
      configurations_({{initial.configuration_index, std::move(configuration)}}),
      repair_floor_(initial.repair_floor),
      now_(now),
      led_term_(initial.hard_state.term),
      saved_term_(initial.hard_state.term) {
  ScanConfigurations();
  // A snapshot can be durable before the term that it came with; no vote of ours was given in that
  // term yet.
  if (log_.last_term() > term_) AdoptTerm(log_.last_term());
  commit_ = std::clamp(initial.hard_state.commit, log_.snapshot_index(), log_.last_index());
  if (initial.restarted) forgotten_until_ = now_ + kLeaseMax;
  Follower follower{.election_deadline = NewElectionDeadline()};
  if (IsOnlyVoter() && !repairing())
    follower.election_deadline = now_;  // Nobody to wait for.
  state_ = follower;
}

NodeId Raft::leader() const {
  if (const auto* follower = std::get_if<Follower>(&state_)) return follower->leader;
  return role() == Role::kLeader ? self_ : NodeId{};
}

// What the leader says is needed, and what its words were late by; a leader's is what it says. It
// is never shorter than what kHeartbeatsPerTimeout of the shortest intervals take.
Duration Raft::election_timeout() const {
  const Duration floor = std::max(options_.election_timeout_min,
                                  kHeartbeatsPerTimeout * options_.heartbeat_interval_min);
  const Duration ceiling = std::max(options_.election_timeout_max, floor);
  Duration needed = options_.election_timeout_start;
  if (const auto* leader = std::get_if<Leader>(&state_)) {
    needed = leader->timeout;
  } else if (announced_timeout_ > Duration(0) && late_.known()) {
    needed =
        std::max(announced_timeout_, announced_timeout_ / kHeartbeatsPerTimeout + late_.Needed());
  }
  return std::clamp(needed, floor, ceiling);
}

// Longer, up to the ceiling, with each term that went by without a leader: what we measured may be
// too short for what an election takes (syncs of votes, a slow peer whose vote is needed now).
MonotonicTime Raft::NewElectionDeadline() {
  constexpr uint64_t kDoublingsMax = 5;
  Duration timeout = election_timeout();
  if (SIM_MAYBE("early-election-timeout")) return now_ + timeout * 3 / 8;
  const uint64_t terms = term_.value() - std::min(led_term_, term_).value();
  if (terms > 1) {
    const Duration longer = timeout * (int64_t{1} << std::min(terms - 1, kDoublingsMax));
    timeout = std::max(timeout, std::min(longer, options_.election_backoff_max));
  }
  const Duration spread = options_.ElectionSpread(timeout);
  return now_ + timeout + ExtraWait(timeout) + Duration(random_->Between(0, spread.count()));
}

// After a leader is lost, those that it would rather see lead go first; once an election has failed
// everybody is needed.
Duration Raft::ExtraWait(Duration timeout) const {
  constexpr int64_t kRankMax = 3;
  if (IsOnlyVoter()) return Duration(0);
  if (options_.priority == 0) return options_.stand_in_wait;
  if (term_ != led_term_) return Duration(0);
  return std::min(timeout * 3 / 4, options_.election_spread_max) * std::min<int64_t>(rank_, kRankMax);
}

// A tick that comes late tells of our own loop, not of the others: what they said may be waiting
// behind it. True, once for each silence: look again a heartbeat later.
bool Raft::ExcuseLateTick(MonotonicTime deadline) {
  auto* follower = std::get_if<Follower>(&state_);
  const Duration interval = election_timeout() / kHeartbeatsPerTimeout;
  if (follower == nullptr || follower->excused || now_ - deadline < interval / 4) return false;
  SIM_SOMETIMES(true, "late-tick-excused");
  follower->excused = true;
  follower->election_deadline = now_ + interval;
  return true;
}

MonotonicTime Raft::next_deadline() const {
  if (quiesced()) return MonotonicTime::max();
  if (const auto* leader = std::get_if<Leader>(&state_)) {
    const bool open = leader->commit_gate == MonotonicTime{};
    return open ? leader->next_heartbeat : std::min(leader->next_heartbeat, leader->commit_gate);
  }
  if (!MayCampaign()) return MonotonicTime::max();
  if (const auto* follower = std::get_if<Follower>(&state_)) return follower->election_deadline;
  if (const auto* pre = std::get_if<PreCandidate>(&state_)) return pre->election_deadline;
  return std::get<Candidate>(state_).election_deadline;
}

void Raft::Tick(MonotonicTime now) {
  now_ = std::max(now_, now);
  if (!fault_.ok() || now_ < next_deadline()) return;
  if (const auto* leader = std::get_if<Leader>(&state_)) {
    if (leader->commit_gate != MonotonicTime{}) MaybeCommit();
    if (now_ >= leader->next_heartbeat) LeaderTick();
  } else if (!ExcuseLateTick(next_deadline())) {
    Campaign(/*pre=*/true);
  }
}

// A vote cast in a term is kept until the term ends, whatever else changes: clearing it on a mere
// step-down would allow a second vote.
void Raft::AdoptTerm(RaftTerm term) {
  QR_CHECK(term > term_) << "term " << term << " after " << term_;
  term_ = term;
  vote_ = NodeId{};
  hard_dirty_ = true;
}

void Raft::BecomeFollower(RaftTerm term, NodeId leader) {
  if (auto* old = std::get_if<Leader>(&state_)) {
    ++counters_.step_downs;
    SIM_SOMETIMES(!old->reads.empty() || !old->early_reads.empty(), "read-failed-by-step-down");
    FailReads(*old);
  }
  if (term > term_) AdoptTerm(term);
  if (QR_MUTANT("step-down-forgets-vote")) vote_ = NodeId{};
  state_ =
      Follower{.leader = leader, .last_contact = now_, .election_deadline = NewElectionDeadline()};
  if (leader != NodeId{}) led_term_ = term_;
  if (leader != NodeId{} && leader != last_leader_) {
    ++counters_.leader_changes;
    last_leader_ = leader;
  }
}

// What carries our term from its leader: it is the leader, and it is alive.
void Raft::FollowLeader(NodeId leader) {
  auto* follower = std::get_if<Follower>(&state_);
  if (follower == nullptr || follower->leader != leader) return BecomeFollower(term_, leader);
  // Of what comes together only the first word ends a silence.
  if (now_ > follower->last_contact && !follower->quiesced && announced_timeout_ > Duration(0)) {
    const Duration late =
        now_ - follower->last_contact - announced_timeout_ / kHeartbeatsPerTimeout;
    late_.Add(std::max(late, Duration(0)), now_);
  }
  follower->last_contact = now_;
  follower->excused = false;
  follower->quiesced = false;
  follower->election_deadline = NewElectionDeadline();
}

// Brings our term and the message's together; false when the message is not to be handled.
bool Raft::AcceptTerm(const Message& message) {
  const auto* request = std::get_if<VoteRequest>(&message.body);
  const auto* reply = std::get_if<VoteReply>(&message.body);
  if (message.term > term_) {
    // Within the lease of a live leader nobody's candidacy disturbs us (thesis section 4.2.3). A
    // node stuck in a higher term is freed by answering its leader's Appends below.
    SIM_SOMETIMES(request != nullptr && InLease(), "vote-request-within-lease");
    if (request != nullptr && !request->transfer && InLease()) {
      if (RemovedAt(message.from) != LogIndex{}) RefuseVote(message.from, request->pre);
      return false;
    }
    if (request != nullptr && request->pre) return true;  // Asking changes nothing.
    if (reply != nullptr && reply->pre && reply->granted)
      return true;  // In the term that we asked for.
    SIM_SOMETIMES(role() == Role::kLeader, "leader-saw-higher-term");
    if (QR_MUTANT("new-term-before-step-down") && role() == Role::kLeader) {
      AdoptTerm(message.term);
      return true;
    }
    BecomeFollower(message.term, NodeId{});
    return true;
  }
  if (message.term < term_) {
    SIM_SOMETIMES(true, "message-of-old-term");
    if (request != nullptr) {
      RefuseVote(message.from, request->pre);
    } else if (std::holds_alternative<Append>(message.body) ||
               std::holds_alternative<Heartbeat>(message.body) ||
               std::holds_alternative<SnapshotChunk>(message.body)) {
      Send(message.from, HeartbeatReply{});  // Tells a deposed leader of the new term.
    } else if (const auto* read = std::get_if<ReadIndexRequest>(&message.body)) {
      Send(message.from, ReadIndexReply{.id = read->id, .ok = false});
    }
    return false;
  }
  return true;
}

void Raft::Step(MonotonicTime now, Message message) {
  if (!fault_.ok()) return;
  now_ = std::max(now_, now);
  if (message.to != self_ || message.from == self_ || message.from == NodeId{}) {
    ++counters_.invalid_messages;
    return;
  }
  if (const auto* append = std::get_if<Append>(&message.body);
      append != nullptr && !ValidAppend(message, *append)) {
    ++counters_.invalid_messages;
    return;
  }
  if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body);
      chunk != nullptr && !ValidChunk(message, *chunk)) {
    ++counters_.invalid_messages;
    return;
  }
  if (const auto* vote = std::get_if<VoteReply>(&message.body);
      vote != nullptr && vote->removed_at > configuration_index()) {
    return OnRemoved(vote->removed_at);
  }
  GetUpFor(message);
  if (!AcceptTerm(message)) return;
  Dispatch(std::move(message));
}

void Raft::Dispatch(Message message) {
  const NodeId from = message.from;
  const RaftTerm term = message.term;
  if (auto* append = std::get_if<Append>(&message.body)) {
    OnAppend(from, std::move(*append));
  } else if (auto* append_reply = std::get_if<AppendReply>(&message.body)) {
    OnAppendReply(from, *append_reply);
  } else if (auto* heartbeat = std::get_if<Heartbeat>(&message.body)) {
    OnHeartbeat(from, *heartbeat);
  } else if (auto* heartbeat_reply = std::get_if<HeartbeatReply>(&message.body)) {
    OnHeartbeatReply(from, *heartbeat_reply);
  } else if (auto* vote = std::get_if<VoteRequest>(&message.body)) {
    OnVoteRequest(from, term, *vote);
  } else if (auto* vote_reply = std::get_if<VoteReply>(&message.body)) {
    OnVoteReply(from, term, *vote_reply);
  } else if (auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    OnSnapshotChunk(from, std::move(*chunk));
  } else if (auto* snapshot_reply = std::get_if<SnapshotReply>(&message.body)) {
    OnSnapshotReply(from, *snapshot_reply);
  } else if (const auto* order = std::get_if<TimeoutNow>(&message.body)) {
    OnTimeoutNow(from, *order);
  } else if (auto* read = std::get_if<ReadIndexRequest>(&message.body)) {
    OnReadIndexRequest(from, *read);
  } else if (auto* read_reply = std::get_if<ReadIndexReply>(&message.body)) {
    OnReadIndexReply(from, *read_reply);
  }
}

// Every message of a term waits until that term and our vote in it are durable.
void Raft::Send(NodeId to, decltype(Message::body) body) { SendAs(to, term_, std::move(body), 0); }

void Raft::SendAs(NodeId to, RaftTerm term, decltype(Message::body) body, uint64_t after_sync) {
  Message message{.from = self_, .to = to, .term = term, .body = std::move(body)};
  after_sync = std::max(after_sync, hard_dirty_ ? next_sync_ : hard_sync_);
  if (after_sync <= synced_) {
    pending_.messages.push_back(std::move(message));
    return;
  }
  SIM_SOMETIMES(true, "message-held-for-sync");
  // A later acknowledgement that waits for the same sync says all that an earlier one would.
  if (const auto* reply = std::get_if<AppendReply>(&message.body);
      reply != nullptr && !reply->rejected) {
    for (Held& held : held_) {
      auto* older = std::get_if<AppendReply>(&held.message.body);
      if (older == nullptr || older->rejected || held.after_sync != after_sync ||
          held.message.to != to || held.message.term != term) {
        continue;
      }
      older->index = std::max(older->index, reply->index);
      return;
    }
  }
  if (held_.size() < kHeldMessagesMax) held_.push_back({after_sync, std::move(message)});
}

// Words of an earlier term are pointless by now.
void Raft::ReleaseHeld(uint64_t sync_id) {
  size_t kept = 0;
  for (Held& held : held_) {
    if (held.after_sync > sync_id) {
      if (&held_[kept] != &held) held_[kept] = std::move(held);
      ++kept;
    } else if (held.message.term >= term_) {
      pending_.messages.push_back(std::move(held.message));
    } else {
      SIM_SOMETIMES(true, "held-message-outdated");
    }
  }
  held_.erase(held_.begin() + kept, held_.end());
}

void Raft::Synced(uint64_t sync_id) {
  if (!fault_.ok() || sync_id <= synced_) return;
  QR_CHECK(sync_id < next_sync_) << "sync " << sync_id << " was never asked for";
  synced_ = sync_id;
  log_.Synced(sync_id);
  ReleaseHeld(sync_id);
  if (auto* candidate = std::get_if<Candidate>(&state_); candidate != nullptr &&
                                                         candidate->self_vote_sync != 0 &&
                                                         candidate->self_vote_sync <= sync_id) {
    candidate->self_vote_sync = 0;
    CountVote(self_, true);
  }
  if (role() == Role::kLeader) MaybeCommit();
}

void Raft::SetCommit(LogIndex commit) {
  commit = std::min(commit, log_.last_index());
  if (commit > commit_) commit_ = commit;
}

void Raft::Fail(Status status) {
  if (fault_.ok()) fault_ = std::move(status);
}

void Raft::TakeOutput(Output* out) {
  out->Clear();
  if (!fault_.ok()) return;
  if (auto* leader = std::get_if<Leader>(&state_)) {
    AdvanceChange(*leader);
    StartReads(*leader);
    FlushAppends(*leader);
    if (!IsVoter() && configuration_index() <= commit_) HandOver(*leader);
  }
  if (hard_dirty_ || log_.has_unsaved()) {
    out->sync_id = next_sync_++;
    if (hard_dirty_) {
      const NodeId vote = QR_MUTANT("term-and-vote-in-two-writes") ? NodeId{} : vote_;
      out->hard_state = HardState{.term = term_, .vote = vote, .commit = commit_};
      hard_sync_ = out->sync_id;
      hard_dirty_ = false;
      if (saved_term_ != term_) term_sync_ = out->sync_id;
      saved_term_ = term_;
    }
    if (log_.has_unsaved()) out->entries = log_.TakeUnsaved(out->sync_id);
  }
  std::swap(out->messages, pending_.messages);
  std::swap(out->reads, pending_.reads);
  std::swap(out->snapshots_wanted, pending_.snapshots_wanted);
  std::swap(out->snapshot_chunks, pending_.snapshot_chunks);
  std::swap(out->snapshot_replies, pending_.snapshot_replies);
}

void Raft::Compact(LogIndex index) {
  if (!fault_.ok()) return;
  log_.CompactTo(std::min(index, apply_limit()));
  ForgetConfigurationsBelow(log_.snapshot_index());
}

}  // namespace quadraft::raft
