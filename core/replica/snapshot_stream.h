// The two ends of a snapshot stream: chunks with offsets and checksums, a bounded window of
// unacknowledged ones, resent when they seem lost, given up when nothing moves. Neither end knows
// the network: the replica moves the messages.
//
//   SnapshotSender sender(std::move(reader), stream, options, now);
//   while (auto chunk = sender.Next(now)) Send(*chunk);   // Until window or rate is used up.
//   sender.OnReply(reply, now);
#ifndef QUADRAFT_CORE_REPLICA_SNAPSHOT_STREAM_H_
#define QUADRAFT_CORE_REPLICA_SNAPSHOT_STREAM_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/time.h"
#include "core/raft/raft.h"
#include "core/replica/options.h"
#include "core/replica/state_machine.h"

namespace quadraft::replica {

class SnapshotSender {
 public:
  SnapshotSender(std::unique_ptr<SnapshotReader> reader, uint64_t stream, const Options& options,
                 MonotonicTime now);

  // The next chunk to send now; nullopt: wait (see next_deadline). An error: the reader failed.
  StatusOr<std::optional<raft::SnapshotChunk>> Next(MonotonicTime now);
  // False: the receiver gave up; begin anew.
  bool OnReply(const raft::SnapshotReply& reply, MonotonicTime now);
  bool stalled(MonotonicTime now) const {
    return now >= last_progress_ + options_.snapshot_stall_timeout;
  }
  MonotonicTime next_deadline() const;
  // Bytes that the receiver is known to have staged.
  uint64_t acknowledged() const { return window_.empty() ? next_offset_ : window_.front().offset; }
  LogIndex index() const { return reader_->index(); }
  uint64_t stream() const { return stream_; }

 private:
  std::unique_ptr<SnapshotReader> reader_;
  const uint64_t stream_;
  const Options& options_;
  std::deque<raft::SnapshotChunk> window_;  // Sent at least once, not acknowledged.
  size_t resend_from_ = 0;                  // window_[resend_from_...] are to be sent (again).
  uint64_t next_offset_ = 0;
  bool end_read_ = false;
  int replies_behind_ = 0;  // Since the last progress.
  MonotonicTime last_progress_;
  MonotonicTime last_resend_;
  MonotonicTime next_send_;  // The rate's.
};

// Chunks that came before their turn; more are dropped, and sent again.
inline constexpr size_t kEarlyChunksMax = 32;

class SnapshotReceiver {
 public:
  SnapshotReceiver(const raft::ReceivedChunk& first, std::unique_ptr<SnapshotWriter> writer,
                   MonotonicTime now);

  bool IsOf(const raft::ReceivedChunk& received) const;
  // Stages the chunk once it is the next one. True: all is staged; Commit may follow. DataLoss: its
  // bytes are not what was sent.
  StatusOr<bool> Add(const raft::SnapshotChunk& chunk, MonotonicTime now);
  uint64_t next_offset() const { return next_offset_; }
  MonotonicTime last_heard() const { return last_heard_; }
  SnapshotWriter& writer() { return *writer_; }

 private:
  Status Stage(const raft::SnapshotChunk& chunk);

  const NodeId from_;
  const RaftTerm term_;
  const LogIndex index_;
  const uint64_t stream_;
  std::unique_ptr<SnapshotWriter> writer_;
  uint64_t next_offset_ = 0;
  std::map<uint64_t, raft::SnapshotChunk> early_;  // By offset.
  MonotonicTime last_heard_;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_SNAPSHOT_STREAM_H_
