// Groups that sleep (CockroachDB's quiescence, TiKV's hibernation). A leader whose group has had
// nothing to do for a while tells its followers to sleep with its heartbeats; once all of them say
// that they do, it stops too: no timers, no messages. Whoever lives on a node that is taken for
// dead is not waited for, as long as the others are a quorum.
//
// What must hold, so that nobody sleeps for ever:
//   1. A follower sleeps under a leader of its own term whose whole log it holds, committed.
//   2. A leader sleeps once every member whose node is alive has said, in this term and since there
//      was last something to do, that it sleeps.
//   3. Any word gets a sleeper up: a follower's next silence counts from then, and it wakes its
//      leader; a leader asks all of them before it sleeps again. (But for the leader's own "sleep",
//      and the answers to that.)
//   4. The caller watches the nodes and calls Wake: on the followers of one that fell silent or
//      restarted, and on leaders that have a member there, when they would sleep without a quorum,
//      when it restarted, or when it is back.
// So a follower sleeps under a leader that is none any more only while somebody else is awake: who
// deposed it, or it itself, or one that could not be told to sleep; and their words get it up.
//
// Safety has no part in it: who sleeps has only stopped its own clock.
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

bool Raft::quiesced() const {
  if (const auto* follower = std::get_if<Follower>(&state_)) return follower->quiesced;
  const auto* leader = std::get_if<Leader>(&state_);
  return leader != nullptr && leader->quiesced;
}

// Nothing to do, for anybody who is there.
bool Raft::IsIdle(const Leader& leader) const {
  if (commit_ != log_.last_index() || log_.stable_index() != log_.last_index()) return false;
  if (!leader.reads.empty() || !leader.early_reads.empty()) return false;
  if (leader.transferee != NodeId{} || configuration().joint() || !IsVoter()) return false;
  for (const Progress& peer : leader.peers) {
    const Health health = health_->Of(peer.node);
    if (health == Health::kUnwatched) return false;
    if (health == Health::kSilent) continue;
    if (peer.match != log_.last_index() || peer.state != ProgressState::kReplicate) return false;
  }
  return configuration().QuorumValue([&](NodeId node) -> uint64_t {
    return node == self_ || health_->Of(node) == Health::kAlive;
  }) != 0;
}

// Before a heartbeat of the leader's own time: is it one that sends the group to sleep?
void Raft::MaybeQuiesce(Leader& leader) {
  if (health_ == nullptr || options_.quiesce_after <= Duration(0)) return;
  if (!IsIdle(leader)) leader.busy_at = now_;
  if (now_ < leader.busy_at + options_.quiesce_after) {
    leader.quiesce_round = 0;
    return;
  }
  if (leader.quiesce_round != 0) return;
  leader.quiesce_round = leader.round + 1;
  for (Progress& peer : leader.peers) peer.quiesced = false;
}

void Raft::FallAsleepIfAll(Leader& leader) {
  if (leader.quiesce_round == 0 || !IsIdle(leader)) return;
  for (const Progress& peer : leader.peers) {
    if (!peer.quiesced && health_->Of(peer.node) == Health::kAlive) return;
  }
  leader.quiesced = true;
  ++counters_.quiesced;
  SIM_SOMETIMES(true, "leader-fell-asleep");
}

bool Raft::MayFallAsleep(NodeId leader, const Heartbeat& heartbeat) const {
  return heartbeat.quiesce && health_ != nullptr && options_.quiesce_after > Duration(0) &&
         health_->Of(leader) == Health::kAlive && heartbeat.commit == commit_ &&
         commit_ == log_.last_index() && log_.stable_index() == log_.last_index();
}

void Raft::GetUpFor(const Message& message) {
  if (!quiesced()) return;
  const auto* reply = std::get_if<HeartbeatReply>(&message.body);
  if (reply != nullptr && reply->quiesced && message.term == term_) return;
  SIM_SOMETIMES(std::holds_alternative<VoteRequest>(message.body), "candidate-woke-a-sleeper");
  GetUp(/*busy=*/false);
  // Whoever woke us may not reach our leader; that it still leads we hear from itself.
  if (role() == Role::kFollower && message.from != leader()) Send(leader(), HeartbeatReply{});
}

// busy: there is something to do, so the group stays awake for quiesce_after; else a leader looks
// around, and all sleep again after one round if nobody lacks anything.
void Raft::GetUp(bool busy) {
  if (auto* follower = std::get_if<Follower>(&state_); follower != nullptr && follower->quiesced) {
    follower->quiesced = false;
    follower->last_contact = now_;
    follower->election_deadline = NewElectionDeadline();
  }
  auto* leader = std::get_if<Leader>(&state_);
  if (leader == nullptr) return;
  if (busy) leader->busy_at = now_;
  leader->quiesce_round = 0;
  if (!leader->quiesced) return;
  leader->quiesced = false;
  leader->next_heartbeat = now_;
  for (Progress& peer : leader->peers) {  // They were not asked.
    peer.last_heard = now_;
    peer.timed_round = 0;
  }
}

void Raft::Wake(MonotonicTime now, Duration delay) {
  now_ = std::max(now_, now);
  if (!fault_.ok() || !quiesced()) return;
  SIM_SOMETIMES(true, "woken-for-a-node");
  const auto* leads = leader_state();
  if (leads == nullptr) {
    auto& follower = std::get<Follower>(state_);
    follower.quiesced = false;
    follower.excused = true;  // There were no words of its to wait for us.
    follower.last_contact = std::min(follower.last_contact, now_ - election_timeout());
    follower.election_deadline =
        now_ + delay + ExtraWait(election_timeout()) +
        Duration(random_->Between(0, election_timeout().count()));
    return;
  }
  GetUp(/*busy=*/false);
  std::get<Leader>(state_).next_heartbeat = now_ + delay;
}

void Raft::Postpone(Duration delay) {
  auto* follower = std::get_if<Follower>(&state_);
  if (follower != nullptr && follower->leader == NodeId{}) follower->election_deadline += delay;
}

}  // namespace quadraft::raft
