#include "core/replica/snapshot_stream.h"

#include <algorithm>
#include <utility>

#include "core/base/crc32c.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::replica {
namespace {

// Replies that show no progress hint at a lost chunk; this long after a resend they may only be
// echoes of it.
constexpr Duration kResendEcho = milliseconds(20);
constexpr int kRepliesBehindMax = 16;

}  // namespace

SnapshotSender::SnapshotSender(std::unique_ptr<SnapshotReader> reader, uint64_t stream,
                               const Options& options, MonotonicTime now)
    : reader_(std::move(reader)),
      stream_(stream),
      options_(options),
      last_progress_(now),
      last_resend_(now),
      next_send_(now) {}

StatusOr<std::optional<raft::SnapshotChunk>> SnapshotSender::Next(MonotonicTime now) {
  if (now < next_send_) return std::nullopt;
  if (resend_from_ == window_.size() && !window_.empty() &&
      now >= std::max(last_progress_, last_resend_) + options_.snapshot_resend_delay) {
    resend_from_ = 0;
    last_resend_ = now;
    SIM_SOMETIMES(true, "snapshot-resent");
  }
  if (resend_from_ == window_.size()) {
    if (end_read_ || window_.size() >= options_.snapshot_window_chunks) return std::nullopt;
    if (!window_.empty() && SIM_MAYBE("small-snapshot-window")) return std::nullopt;
    const size_t bytes_target =
        SIM_MAYBE("tiny-snapshot-chunk") ? 1 : options_.snapshot_chunk_bytes;
    QR_ASSIGN_OR_RETURN(std::string data, reader_->NextChunk(bytes_target));
    end_read_ = data.empty();
    const size_t bytes = data.size();
    const bool first = next_offset_ == 0;
    raft::AppliedConfiguration configuration =
        first ? reader_->configuration() : raft::AppliedConfiguration();
    window_.push_back(
        {.index = reader_->index(),
         .index_term = reader_->term(),
         .stream = stream_,
         .offset = next_offset_,
         .done = end_read_,
         .crc32c = Crc32c(data),
         .data = std::make_shared<const std::string>(std::move(data)),
         .configuration_index = configuration.index,
         .configuration = std::make_shared<const std::string>(std::move(configuration.payload))});
    next_offset_ += bytes;
  }
  const raft::SnapshotChunk& chunk = window_[resend_from_++];
  const uint64_t rate = std::max<uint64_t>(options_.snapshot_bytes_per_second_max, 1);
  next_send_ = now + Duration(chunk.data->size() * 1'000'000'000u / rate);
  return chunk;
}

bool SnapshotSender::OnReply(const raft::SnapshotReply& reply, MonotonicTime now) {
  if (reply.stream != stream_) return true;  // Of an earlier attempt.
  if (reply.failed) return false;
  // It wants what we no longer have. Once: a reply that was overtaken. Again and again: it
  // restarted.
  if (!window_.empty() && reply.next_offset < window_.front().offset &&
      ++replies_behind_ > kRepliesBehindMax) {
    return false;
  }
  bool progress = false;
  // The final empty chunk is acknowledged by `installed` only.
  while (!window_.empty() && !window_.front().done &&
         window_.front().offset + window_.front().data->size() <= reply.next_offset) {
    window_.pop_front();
    if (resend_from_ > 0) --resend_from_;
    progress = true;
  }
  if (progress) {
    last_progress_ = now;
    replies_behind_ = 0;
  } else if (now >= last_resend_ + kResendEcho) {
    resend_from_ = 0;
    last_resend_ = now;
  }
  return true;
}

MonotonicTime SnapshotSender::next_deadline() const {
  const bool may_read = !end_read_ && window_.size() < options_.snapshot_window_chunks;
  if (resend_from_ < window_.size() || may_read) return next_send_;
  return std::min(std::max(last_progress_, last_resend_) + options_.snapshot_resend_delay,
                  last_progress_ + options_.snapshot_stall_timeout);
}

SnapshotReceiver::SnapshotReceiver(const raft::ReceivedChunk& first,
                                   std::unique_ptr<SnapshotWriter> writer, MonotonicTime now)
    : from_(first.from),
      term_(first.term),
      index_(first.chunk.index),
      stream_(first.chunk.stream),
      writer_(std::move(writer)),
      last_heard_(now) {}

bool SnapshotReceiver::IsOf(const raft::ReceivedChunk& received) const {
  return from_ == received.from && term_ == received.term && index_ == received.chunk.index &&
         stream_ == received.chunk.stream;
}

StatusOr<bool> SnapshotReceiver::Add(const raft::SnapshotChunk& chunk, MonotonicTime now) {
  last_heard_ = now;
  if (Crc32c(*chunk.data) != chunk.crc32c)
    return DataLoss("a snapshot chunk at ", chunk.offset, " is damaged");
  SIM_SOMETIMES(chunk.offset > next_offset_, "snapshot-chunk-early");
  if (chunk.offset > next_offset_ && early_.size() < kEarlyChunksMax)
    early_.try_emplace(chunk.offset, chunk);
  const bool gap_taken = chunk.offset > next_offset_ && QR_MUTANT("snapshot-chunk-gap");
  if (chunk.offset != next_offset_ && !gap_taken) return false;  // Early, or a duplicate.
  QR_RETURN_IF_ERROR(Stage(chunk));
  bool done = chunk.done;
  for (auto next = early_.begin(); !done && next != early_.end() && next->first <= next_offset_;
       next = early_.erase(next)) {
    if (next->first != next_offset_) continue;
    QR_RETURN_IF_ERROR(Stage(next->second));
    done = next->second.done;
  }
  return done;
}

Status SnapshotReceiver::Stage(const raft::SnapshotChunk& chunk) {
  if (!chunk.data->empty()) QR_RETURN_IF_ERROR(writer_->AddChunk(*chunk.data));
  next_offset_ += chunk.data->size();
  return OkStatus();
}

}  // namespace quadraft::replica
