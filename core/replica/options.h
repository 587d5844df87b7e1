// Every bound and delay of the replica host, by name.
#ifndef QUADRAFT_CORE_REPLICA_OPTIONS_H_
#define QUADRAFT_CORE_REPLICA_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/status.h"
#include "core/env/time.h"
#include "core/raft/options.h"

namespace quadraft::replica {

struct Options {
  raft::Options raft;

  // Proposals of one group that are not yet applied; ResourceExhausted beyond.
  size_t pending_proposals_max = 16384;
  size_t pending_proposal_bytes_max = 128u << 20;
  // One payload; InvalidArgument beyond. At most kProposalBytesLimit.
  size_t proposal_bytes_max = 32u << 20;

  // Reads of one group that wait; ResourceExhausted beyond. Those that arrive together share one
  // question to the leader.
  size_t pending_reads_max = 16384;
  size_t read_questions_max = 64;      // Such questions under way.
  Duration read_timeout = seconds(3);  // Then Unavailable.
  // Unanswered: asked again (of the new leader, if there is one).
  Duration read_attempt_timeout = milliseconds(300);
  Duration read_retry_delay = milliseconds(25);  // After a refusal.

  // Applying yields the loop after this much: at some 10 microseconds a quad, a quarter of a
  // megabyte is a few ten milliseconds.
  size_t apply_entries_max = 256;
  size_t apply_bytes_max = 256u << 10;

  // The log in memory of one group is compacted to half of this when it is over; while a follower
  // or a snapshot stream needs the old entries, to twice this at most.
  size_t retained_entries_max = 50000;
  size_t retained_bytes_max = 64u << 20;

  // A learner is made a voter when it lacks no more entries than this, and was heard just now.
  uint64_t promotion_lag_max = 1000;

  // Snapshot streams, as a sender.
  size_t snapshot_chunk_bytes = 256u << 10;
  size_t snapshot_window_chunks = 8;                    // Sent and not acknowledged.
  size_t snapshot_streams_max = 2;                      // Of the whole host.
  uint64_t snapshot_bytes_per_second_max = 256u << 20;  // Of each stream.
  Duration snapshot_resend_delay = milliseconds(200);   // Unacknowledged: sent again.
  Duration snapshot_stall_timeout = seconds(30);        // No progress: given up, begun anew.
  Duration snapshot_idle_timeout = seconds(60);  // A receiver forgets a stream that went silent.

  // When a node falls silent, the groups whose leader it has campaign one after the other, so far
  // apart, and so do all when this one starts; leaders look after a member whose node is back so.
  Duration campaign_spacing = microseconds(500);
  Duration wake_spacing = microseconds(20);

  // Leaders that find a better place for their group hand it over (replica_host_placement.cc): to a
  // node with a higher raft::Options::priority or, among equals, to one that leads fewer groups by
  // two at least. So often a node looks (zero: never), and moves so many groups at most; it moves
  // none of which it has not been the leader for placement_settle, and to no node that has not been
  // there for as long.
  Duration placement_interval = seconds(5);
  size_t placement_moves_max = 4;
  Duration placement_settle = seconds(10);

  // What it speaks with its peers: kWireVersion of codec.h, or an older one.
  uint32_t wire_version = 8;

  // The file that says which disk this node lives on (identity.h), in a folder that exists when the
  // first group is added; empty: it has none, and its promises are believed (tests).
  std::string identity_path;
  // Where this node listens for messages, "host:port": founders tell each other. Empty: not said.
  std::string address;

  // Called once, on the loop, never inside a call, when the log or a state machine failed or a peer
  // contradicted what was committed. Every pending callback has been answered by then; the node
  // must stop.
  std::function<void(const Status&)> on_fatal;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_OPTIONS_H_
