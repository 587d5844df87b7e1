// What a leader knows of one follower, and how much it may send it (etcd's tracker.Progress,
// thesis section 10.2.1).
//
//   probe      The match point is unknown: one Append at a time, the next after a reply or a
//              heartbeat reply.
//   replicate  Known: Appends are pipelined, `next` runs ahead of `match` by the bounded window.
//   snapshot   It needs entries that the leader no longer holds: nothing is sent until a snapshot
//              is in place.
#ifndef QUADRAFT_CORE_RAFT_PROGRESS_H_
#define QUADRAFT_CORE_RAFT_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/base/ids.h"
#include "core/env/time.h"
#include "core/raft/options.h"
#include "core/raft/pace.h"

namespace quadraft::raft {

// The Appends on their way to one follower, oldest first.
class InflightWindow {
 public:
  bool full(const Options& options) const {
    return sent_.size() >= options.inflight_messages_max || bytes_ >= options.inflight_bytes_max;
  }
  bool empty() const { return sent_.empty(); }
  size_t size() const { return sent_.size(); }
  void Add(LogIndex last, size_t bytes) {
    sent_.push_back({last, bytes});
    bytes_ += bytes;
  }
  void FreeThrough(LogIndex match) {
    while (!sent_.empty() && sent_.front().last <= match) {
      bytes_ -= sent_.front().bytes;
      sent_.pop_front();
    }
  }
  void Clear() {
    sent_.clear();
    bytes_ = 0;
  }

 private:
  struct Sent {
    LogIndex last;
    size_t bytes;
  };
  std::deque<Sent> sent_;
  size_t bytes_ = 0;
};

enum class ProgressState : uint8_t { kProbe, kReplicate, kSnapshot };

struct Progress {
  NodeId node;
  ProgressState state = ProgressState::kProbe;
  LogIndex match;  // Durably equal to the leader's log up to here. Never decreases.
  LogIndex next;   // The next entry to send; > match.
  bool probe_sent = false;
  bool append_wanted = false;  // Send an Append this turn even when it is empty.
  InflightWindow inflight;
  LogIndex sent_commit;  // The largest commit index that it can have learned from what was sent.
  uint64_t acked_round = 0;
  uint64_t promised_round = 0;  // The last one whose lease it promised.
  MonotonicTime last_heard;
  bool quiesced = false;  // It said that it sleeps, and has been told nothing since.
  // Round trips: of one heartbeat at a time.
  Estimate round_trip;
  uint64_t timed_round = 0;  // Zero: none.
  MonotonicTime timed_since;

  void BecomeProbe() {
    state = ProgressState::kProbe;
    next = match.Next();
    probe_sent = false;
    sent_commit = LogIndex{};
    inflight.Clear();
  }
  void BecomeReplicate() {
    state = ProgressState::kReplicate;
    next = match.Next();
    probe_sent = false;
    inflight.Clear();
  }
  void BecomeSnapshot() {
    state = ProgressState::kSnapshot;
    inflight.Clear();
  }
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_PROGRESS_H_
