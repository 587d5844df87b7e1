// Raft messages as bytes and back (core/proto/raft.proto). One Outbox gathers what a turn has for
// each peer and channel.
//
//   outbox.Add(group, message);            // During the turn.
//   outbox.Flush(network);                 // At its end: one message per peer (a few when large).
#ifndef QUADRAFT_CORE_REPLICA_CODEC_H_
#define QUADRAFT_CORE_REPLICA_CODEC_H_

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/network.h"
#include "core/proto/raft.pb.h"
#include "core/raft/message.h"

namespace quadraft::replica {

// A batch is closed once it holds this much; one entry or chunk always fits (kProposalBytesLimit).
inline constexpr size_t kBatchBytesMax = 4u << 20;
// The largest payload that a message can carry, whatever the options say.
inline constexpr size_t kProposalBytesLimit = 48u << 20;
// More messages than this in one batch are not ours.
inline constexpr int kBatchMessagesMax = 1 << 20;

class Outbox {
 public:
  void Add(GroupId group, raft::Message message);
  void Flush(Network& network);
  uint64_t batches_sent() const { return batches_sent_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  struct Batch {
    proto::RaftBatch proto;  // Kept between turns: its memory is used again.
    size_t bytes = 0;
    std::vector<std::string> closed;
  };
  std::map<std::pair<NodeId, Channel>, Batch> batches_;
  uint64_t batches_sent_ = 0;
  uint64_t bytes_sent_ = 0;
};

// Calls receive(GroupId, raft::Message) for each message of the batch that `from` sent to `self`.
// InvalidArgument when the bytes are no batch, or for the first message without a known body (the
// others are still received).
Status DecodeBatch(NodeId from, NodeId self, std::string_view bytes, proto::RaftBatch* scratch,
                   absl::AnyInvocable<void(GroupId, raft::Message)> receive);

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_CODEC_H_
