// Every bound and delay of the machine, by name. The defaults are stable on a loaded two-core
// machine.
#ifndef QUADRAFT_CORE_RAFT_OPTIONS_H_
#define QUADRAFT_CORE_RAFT_OPTIONS_H_

#include <algorithm>
#include <cstddef>

#include "core/env/time.h"
#include "core/raft/peer_health.h"

namespace quadraft::raft {

inline constexpr int kHeartbeatsPerTimeout = 4;
// How many round trips a leader's T lasts: to hear it, to be asked twice, to vote twice.
inline constexpr int kRoundTripsPerTimeout = 5;

struct Options {
  // The election timeout T is the shortest silence after which a follower campaigns; it waits for
  // one drawn from [T, T + spread]. Within T of hearing its leader it refuses every other
  // candidate. Each node has its own T, from what it measures (Raft::election_timeout), within
  // these bounds.
  Duration election_timeout_min = milliseconds(50);
  Duration election_timeout_max = milliseconds(600);
  // While too little was measured.
  Duration election_timeout_start = milliseconds(600);
  int election_spread_percent = 100;                  // Of T,
  Duration election_spread_max = milliseconds(200);   // and not more than this.
  // Terms that go by without a leader make the timeout longer, up to this.
  Duration election_backoff_max = seconds(2);
  Duration ElectionSpread(Duration timeout) const {
    return std::min(timeout * election_spread_percent / 100, election_spread_max);
  }
  // A leader sends kHeartbeatsPerTimeout heartbeats in its T, within these bounds (a T that is too
  // short for the least of them is made longer). All groups of a node send theirs at multiples of
  // the grid, so that they travel together; zero: each at its own times.
  Duration heartbeat_interval_min = milliseconds(10);
  Duration heartbeat_interval_max = milliseconds(100);
  Duration heartbeat_grid = milliseconds(10);
  // A leader that has not heard from a quorum for so long, or for its T and the spread when that is
  // longer, steps down. Followers decide by themselves when to elect another: this only frees the
  // clients of one that is cut off, so it need not be short.
  Duration check_quorum_timeout_min = seconds(1);
  // A transfer of leadership that takes longer is given up.
  Duration transfer_timeout = milliseconds(1200);
  // As a leader, answer linearizable reads by lease (lease.h). Off: every read waits for a quorum,
  // and no clock matters. Nodes may differ.
  bool lease_reads = false;
  // By how much a monotonic clock of this group may run faster or slower than true time, at most
  // kClockDriftPpmLimit; a lease is that much shorter, twice. What slews clocks (NTP: 500, chrony: up
  // to 83,333) stays below the default. A clock that stands still while its process runs (a virtual
  // machine that was suspended) is outside of any bound.
  int64_t clock_drift_ppm_max = 100'000;
  // How much this node is to lead, up to kPriorityMax. Who has more campaigns earlier. Zero: it does
  // not lead, but for want of anybody else who could: then it stands in after stand_in_wait, and
  // hands over (core/replica does that) once another one has its log.
  uint32_t priority = kPriorityDefault;
  Duration stand_in_wait = seconds(5);
  // A group with nothing to do for so long goes to sleep (raft_quiesce.cc); zero: never.
  Duration quiesce_after = milliseconds(300);

  // One Append holds at most this much (one entry always fits).
  size_t append_entries_max = 1024;
  size_t append_bytes_max = 1u << 20;
  // Appends on their way to one follower.
  size_t inflight_messages_max = 64;
  size_t inflight_bytes_max = 16u << 20;
  // A leader's entries that are not yet committed; Propose answers ResourceExhausted beyond.
  size_t uncommitted_entries_max = 65536;
  size_t uncommitted_bytes_max = 128u << 20;
  // Reads that wait for a quorum; refused beyond.
  size_t pending_reads_max = 4096;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_OPTIONS_H_
