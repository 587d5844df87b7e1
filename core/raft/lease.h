// Leader leases: a leader answers linearizable reads without asking anybody, for as long as it can
// be sure that no later leader has committed anything. After Davis and Demirbas, LeaseGuard
// (arXiv 2512.15659): votes are free, and it is the new leader that holds off its commits until
// what was promised to earlier ones is over. Unlike there the lease is of heartbeats, not of log
// entries, so that a quiet group writes nothing and a leader needs no synchronised clock.
//
//   1. A leader that has committed in its term offers a lease with each heartbeat: its length, at
//      most kLeaseMax. Who answers promises: "until my clock has counted that much from now, a
//      leader that I elect is told what is left of it, and waits." A quorum of promises to a round
//      is a lease from the time when the round was SENT.
//   2. A vote says what is left of the voter's promise. The new leader commits nothing (and so
//      answers no read: its own first entry is not committed) until the longest of those it was
//      elected by is over, counted from when it heard of it. Each quorum of votes has one of each
//      quorum of promises, also where the configurations differ: those are neighbours, for a change
//      needs a commit, and what is promised to one configuration counts for no later one.
//   3. Who restarts has forgotten what it promised: for kLeaseMax it tells of a promise of unknown
//      owner. So a node of before leases, whose vote says nothing, is taken to have promised; and
//      it gets no vote of one who has.
//   4. A leader that hands over gives its lease up before it asks the next one to campaign, and
//      says up to which round: promises to it count for nothing then, and nobody waits.
//
// Only lengths of time are compared, by monotonic clocks, each of which may run faster or slower
// than true time by at most Options::clock_drift_ppm_max. A promise of length L, by a clock that is
// fast, is over after L/(1+d); a leader whose clock is slow has then counted L(1-d)/(1+d), and trusts
// its lease no longer. Waiting for the rest needs no margin: what is left was counted by a clock
// that is at most as fast as the one that waits may be.
//
// A new leader does not serve reads "covered by" the old lease (LeaseGuard's inherited reads): a
// lease is no longer than the silence after which anybody campaigns, so when an election is won
// there is next to nothing left of it.
#ifndef QUADRAFT_CORE_RAFT_LEASE_H_
#define QUADRAFT_CORE_RAFT_LEASE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/base/ids.h"
#include "core/env/time.h"

namespace quadraft::raft {

// The longest promise. Part of the protocol (rule 3): no node may think of it differently.
inline constexpr Duration kLeaseMax = milliseconds(500);
inline constexpr int64_t kClockDriftPpmLimit = 500'000;
// Rounds that offered a lease and are not confirmed yet; the oldest are forgotten beyond.
inline constexpr size_t kLeaseRoundsMax = 64;

// How much of a promise of `length` a leader may count on, by its own clock.
inline Duration UsableLease(Duration length, int64_t clock_drift_ppm_max) {
  constexpr int64_t kMillion = 1'000'000;
  const int64_t drift = std::clamp<int64_t>(clock_drift_ppm_max, 0, kClockDriftPpmLimit);
  return length * (kMillion - drift) / (kMillion + drift);
}

// How much of `length` of true time has certainly not gone by when this is what a clock counted.
inline Duration LocalBound(Duration length, int64_t clock_drift_ppm_max) {
  constexpr int64_t kMillion = 1'000'000;
  return length / kMillion * (kMillion - std::clamp<int64_t>(clock_drift_ppm_max, 0, kClockDriftPpmLimit));
}

// What a node promised last, of what is promised in this life.
struct Promise {
  RaftTerm term;  // Of the leader that it was promised to.
  uint64_t round = 0;
  NodeId to;
  MonotonicTime until;
};

// What is left of a promise, as a vote says it. Term zero: it is not known whose it was.
struct PromiseLeft {
  RaftTerm term;
  uint64_t round = 0;
  Duration left{0};
};

// What a leader gave up: the promises of that term up to that round. Term zero: nothing.
struct LeaseWaiver {
  RaftTerm term;
  uint64_t round = 0;
  bool Covers(const PromiseLeft& promise) const {
    return term != RaftTerm{} && promise.term == term && promise.round <= round;
  }
};

// A leader's side: the rounds that offered a lease, and until when it has one.
class LeaseRounds {
 public:
  void Offer(uint64_t round, MonotonicTime sent_at, Duration usable) {
    if (rounds_.size() >= kLeaseRoundsMax) rounds_.pop_front();
    const MonotonicTime until = sent_at + usable;
    // Who promises this one, and missed an earlier one that was for longer, counts for both.
    for (auto at = rounds_.rbegin(); at != rounds_.rend() && at->until > until; ++at) {
      at->until = until;
    }
    rounds_.push_back({round, until});
  }
  // A quorum has promised at `round`, or at a later one.
  void Confirm(uint64_t round) {
    for (; !rounds_.empty() && rounds_.front().round <= round; rounds_.pop_front()) {
      until_ = std::max(until_, rounds_.front().until);
    }
  }
  // What was offered so far counts no longer.
  void GiveUp() {
    rounds_.clear();
    until_ = MonotonicTime{};
  }
  MonotonicTime until() const { return until_; }

 private:
  struct Round {
    uint64_t round;
    MonotonicTime until;
  };
  std::deque<Round> rounds_;
  MonotonicTime until_;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_LEASE_H_
