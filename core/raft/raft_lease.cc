// Leases (lease.h has the rules): promises, what a new leader waits for, and what a leader may count
// on.
#include <algorithm>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

// ---- Who promises

// The leader offers one only once it has committed in its term, so what was promised to leaders
// before it is over: the new promise takes the place of the old one.
bool Raft::PromiseLease(NodeId from, const Heartbeat& heartbeat) {
  const Duration length = std::min(heartbeat.lease, kLeaseMax);
  if (length <= Duration(0)) return false;
  const MonotonicTime before = promise_.term == term_ ? promise_.until : MonotonicTime{};
  promise_ = {.term = term_,
              .round = heartbeat.round,
              .to = from,
              .until = std::max(before, now_ + length)};
  return true;
}

PromiseLeft Raft::PromiseTo(NodeId candidate) const {
  if (now_ < forgotten_until_) {
    return {.left = std::max(forgotten_until_, promise_.until) - now_};
  }
  // A leader that campaigns leads no longer.
  if (now_ >= promise_.until || promise_.to == candidate) return {};
  return {.term = promise_.term, .round = promise_.round, .left = promise_.until - now_};
}

// ---- Who is elected

void Raft::WaitFor(Candidate& candidate, const PromiseLeft& promise) const {
  if (candidate.waiver.Covers(promise)) return;
  const Duration left = std::min(promise.left, kLeaseMax);
  if (left > Duration(0)) candidate.commit_gate = std::max(candidate.commit_gate, now_ + left);
}

bool Raft::CommitIsHeldOff(Leader& leader) {
  if (leader.commit_gate == MonotonicTime{}) return false;
  if (now_ < leader.commit_gate) return true;
  ++counters_.commits_held_off;
  SIM_SOMETIMES(true, "commit-held-off-for-a-lease");
  leader.commit_gate = {};
  return false;
}

// ---- Who leads

Duration Raft::LeaseToOffer(const Leader& leader) const {
  if (!options_.lease_reads || commit_ < leader.first_index || !IsVoter()) return Duration(0);
  if (leader.transferee != NodeId{} && !QR_MUTANT("lease-kept-after-transfer")) return Duration(0);
  return std::min(leader.timeout, kLeaseMax);
}

void Raft::ConfirmLease(Leader& leader) {
  if (!options_.lease_reads) return;
  leader.lease.Confirm(configuration().QuorumValue(
      [&](NodeId node) { return node == self_ ? leader.round : FindPeer(node)->promised_round; }));
}

void Raft::GiveLeaseUp(Leader& leader) {
  if (!QR_MUTANT("lease-kept-after-transfer") || leader.transferee == NodeId{}) leader.lease.GiveUp();
}

// Of the lease that was given up with the transfer. Before our first commit those of others may
// still run, and who we ask would not wait for them.
uint64_t Raft::WaivedRound(const Leader& leader) const {
  return options_.lease_reads && commit_ >= leader.first_index ? leader.round : 0;
}

bool Raft::LeaseHolds(MonotonicTime now) const {
  const auto* leader = std::get_if<Leader>(&state_);
  return leader != nullptr && now < leader->lease.until();
}

}  // namespace quadraft::raft
