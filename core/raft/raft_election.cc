// Campaigns and votes (thesis sections 3.4, 9.6).
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

// pre: asks whether a campaign could win, without touching the term.
// transfer: the leader wants us to lead; nobody's lease speaks against it.
// waiver: and what it had been promised is nobody's business any more.
void Raft::Campaign(bool pre, bool transfer, LeaseWaiver waiver) {
  if (!MayCampaign()) return;
  RaftTerm term = term_.Next();
  if (pre) {
    state_ = PreCandidate{.election_deadline = NewElectionDeadline(), .asked_at = now_};
  } else {
    ++counters_.campaigns;
    AdoptTerm(term);
    vote_ = self_;
    Candidate candidate{.election_deadline = NewElectionDeadline(),
                        .self_vote_sync = next_sync_,
                        .waiver = waiver};
    WaitFor(candidate, PromiseTo(self_));
    state_ = std::move(candidate);
  }
  for (NodeId node : configuration().voters()) {
    if (node == self_) continue;
    SendAs(node, term,
           VoteRequest{.pre = pre,
                       .last_index = log_.last_index(),
                       .last_term = log_.last_term(),
                       .transfer = transfer},
           0);
  }
  if (pre) CountVote(self_, true);
}

void Raft::CountVote(NodeId from, bool granted) {
  auto* candidate = std::get_if<Candidate>(&state_);
  auto* pre = std::get_if<PreCandidate>(&state_);
  QR_CHECK(candidate != nullptr || pre != nullptr) << "a vote outside a campaign";
  Votes& votes = candidate != nullptr ? candidate->votes : pre->votes;
  const auto known = [&votes](NodeId node) {
    for (const auto& [voter, yes] : votes) {
      if (voter == node) return yes ? Ballot::kGranted : Ballot::kRefused;
    }
    return Ballot::kUnknown;
  };
  if (known(from) == Ballot::kUnknown) votes.emplace_back(from, granted);
  switch (configuration().Tally(known)) {
    case VoteResult::kPending:
      return;
    case VoteResult::kLost:
      SIM_SOMETIMES(candidate != nullptr, "campaign-lost");
      return BecomeFollower(term_, NodeId{});
    case VoteResult::kWon:
      return pre != nullptr ? Campaign(/*pre=*/false) : BecomeLeader();
  }
}

void Raft::BecomeLeader() {
  ++counters_.elections_won;
  if (last_leader_ != self_) ++counters_.leader_changes;
  last_leader_ = self_;
  led_term_ = term_;
  // Until it has measured, what the leader before it asked for.
  const Duration timeout = election_timeout();
  Leader leader{.first_index = log_.last_index().Next(),
                .elected_at = now_,
                .next_heartbeat = now_,
                .commit_gate = std::get<Candidate>(state_).commit_gate,
                .timeout = timeout,
                .busy_at = now_};
  // Who votes alone is the quorum of every lease there can be.
  if (IsOnlyVoter() && !configuration().joint()) {
    leader.commit_gate = {};
  }
  if (QR_MUTANT("new-leader-does-not-wait")) leader.commit_gate = {};
  leader.peers.Follow(configuration(), log_.last_index().Next(), now_, self_);
  for (LogIndex i = commit_.Next(); i <= log_.last_index(); i = i.Next()) {
    leader.uncommitted_bytes += log_.at(i).payload_bytes();
  }
  leader.next_heartbeat = NextHeartbeat(leader);  // The no-op's Append announces us.
  state_ = std::move(leader);
  // Of a group that has logged none yet, the first entry says who belongs to it: who joins later
  // learns it from the log.
  if (configuration_index() == LogIndex{}) {
    AppendConfiguration(configuration());
  } else {
    log_.Append({.term = term_, .index = log_.last_index().Next(), .kind = EntryKind::kNoop});
  }
}

// We hear from a leader, or are one: candidates are turned away.
bool Raft::InLease() const {
  if (role() == Role::kLeader) return true;
  const auto* follower = std::get_if<Follower>(&state_);
  return follower != nullptr && follower->leader != NodeId{} &&
         (follower->quiesced || now_ < follower->last_contact + election_timeout());
}

// Of two that ask at the same time, with equal logs, the one with the larger id goes first, else
// both would campaign in the same term and split the votes. For half of its time: who asks for
// longer cannot win, and is in nobody's way.
bool Raft::LosesTie(NodeId from, const VoteRequest& request) const {
  const auto* pre = std::get_if<PreCandidate>(&state_);
  return pre != nullptr && from < self_ &&
         now_ < pre->asked_at + (pre->election_deadline - pre->asked_at) / 2 &&
         request.last_index == log_.last_index() && request.last_term == log_.last_term();
}

bool Raft::MayVote() const { return !repairing() || QR_MUTANT("damaged-log-votes"); }

void Raft::OnVoteRequest(NodeId from, RaftTerm term, const VoteRequest& request) {
  const bool up_to_date =
      QR_MUTANT("vote-without-log-check") || std::pair(request.last_term, request.last_index) >=
                                                 std::pair(log_.last_term(), log_.last_index());
  if (request.pre) {
    const bool tie = LosesTie(from, request);
    SIM_SOMETIMES(tie, "pre-vote-tie-broken");
    const bool granted = term > term_ && up_to_date && !InLease() && !tie && MayVote();
    SIM_SOMETIMES(!granted, "pre-vote-refused");
    SIM_SOMETIMES(term > term_ && up_to_date && InLease(), "pre-vote-refused-within-lease");
    return SendAs(from, granted ? term : term_,
                  VoteReply{.pre = true, .granted = granted, .removed_at = RemovedAt(from)}, 0);
  }
  const bool free = vote_ == from || (vote_ == NodeId{} && leader() == NodeId{});
  const PromiseLeft promise = PromiseTo(from);
  const bool lets = request.waits || promise.left <= Duration(0);
  const bool granted = free && up_to_date && lets && MayVote();
  SIM_SOMETIMES(granted && promise.left > Duration(0), "vote-within-promise");
  SIM_SOMETIMES(free && up_to_date && repairing(), "vote-refused-while-repairing");
  SIM_SOMETIMES(free && !up_to_date, "vote-refused-log-behind");
  SIM_SOMETIMES(!free, "vote-refused-voted-already");
  if (granted) {
    if (vote_ != from) {
      vote_ = from;
      hard_dirty_ = true;
    }
    // The candidate gets its time.
    if (auto* follower = std::get_if<Follower>(&state_)) {
      follower->election_deadline = NewElectionDeadline();
    } else {
      BecomeFollower(term_, NodeId{});
    }
  }
  Send(from, VoteReply{.pre = false,
                       .granted = granted,
                       .removed_at = RemovedAt(from),
                       .promise = promise});
}

void Raft::OnVoteReply(NodeId from, RaftTerm term, const VoteReply& reply) {
  if (reply.pre) {
    const bool ours = role() == Role::kPreCandidate && (!reply.granted || term == term_.Next());
    if (ours) CountVote(from, reply.granted);
  } else if (auto* candidate = std::get_if<Candidate>(&state_)) {
    if (reply.granted) {
      WaitFor(*candidate, reply.promise_known ? reply.promise : PromiseLeft{.left = kLeaseMax});
    }
    CountVote(from, reply.granted);
  }
}

}  // namespace quadraft::raft
