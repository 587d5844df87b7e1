// Raft messages as bytes and back (core/proto/raft.proto). One Outbox gathers what a turn has for
// each peer and channel.
//
//   outbox.Add(group, message);            // During the turn.
//   outbox.Flush(network);                 // At its end: one message per peer (a few when large).
#ifndef QUADRAFT_CORE_REPLICA_CODEC_H_
#define QUADRAFT_CORE_REPLICA_CODEC_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/network.h"
#include "core/env/time.h"
#include "core/proto/raft.pb.h"
#include "core/raft/message.h"
#include "core/raft/peer_health.h"

namespace quadraft::replica {

// A batch is closed once it holds this much; one entry or chunk always fits (kProposalBytesLimit).
inline constexpr size_t kBatchBytesMax = 4u << 20;
// The largest payload that a message can carry, whatever the options say.
inline constexpr size_t kProposalBytesLimit = 48u << 20;
// More messages than this in one batch are not ours.
inline constexpr int kBatchMessagesMax = 1 << 20;

// What nodes say to each other about Raft, by version: a node says with each batch which one it
// speaks, and never sends what its peer does not know.
//   1  everything but
//   2  leadership transfer (TimeoutNow, the mark in a vote request),
//   3  changes of membership (entries of kind kConfiguration, configurations in snapshots),
//   4  contacts: addresses and disks in configurations, the sender's disk in each batch,
//   5  a leader's heartbeats say how long a silence it asks for,
//   6  groups that sleep (the words for it in heartbeats and their replies, BatchHead),
//   7  leases (core/raft/lease.h: what heartbeats ask for, what votes say of promises), and who is
//      to lead (ranks in heartbeats, priority and load in BatchHead),
//   8  large payloads of entries compressed (core/base/compress.h), to peers that have said so.
// An entry whose payload is compressed has a kind that an older node does not know, and drops with
// the message: a node that was set back to an older program is not harmed before it has said so.
// A node may be held back to an older one until all are upgraded (Options::wire_version): it then
// neither sends nor understands the rest, as the older program does.
inline constexpr uint32_t kWireVersionMin = 1;
inline constexpr uint32_t kWireVersionTransfer = 2;
inline constexpr uint32_t kWireVersionMembership = 3;
inline constexpr uint32_t kWireVersionContacts = 4;
inline constexpr uint32_t kWireVersionPace = 5;
inline constexpr uint32_t kWireVersionQuiesce = 6;
inline constexpr uint32_t kWireVersionLease = 7;
inline constexpr uint32_t kWireVersionCompression = 8;
inline constexpr uint32_t kWireVersion = 8;
// Added to the kind of an entry whose payload is compressed.
inline constexpr uint32_t kCompressedKind = 0x80;
// What the compressed payloads of one batch may come to.
inline constexpr size_t kBatchDecompressedBytesMax = kBatchBytesMax + kProposalBytesLimit;

// What a batch says of its sender.
struct BatchHead {
  uint32_t version = kWireVersionMin;
  uint64_t incarnation = 0;  // Of its present life; zero: it is older than version 6.
  Duration beat{0};     // It says something to the receiver at least so often; zero: it may not.
  bool relies = false;  // It wants the like.
  uint32_t priority = raft::kPriorityDefault;
  uint32_t leads = 0;  // So many groups.
};

class Outbox {
 public:
  // head_of: what batches to a node say of this one, when they are closed.
  using HeadOf = std::function<BatchHead(NodeId)>;
  // version_of: what a peer has said that it speaks, zero when it has said nothing.
  using VersionOf = std::function<uint32_t(NodeId)>;
  explicit Outbox(uint32_t version = kWireVersion, HeadOf head_of = nullptr,
                  VersionOf version_of = nullptr)
      : version_(version), head_of_(std::move(head_of)), version_of_(std::move(version_of)) {}
  void Add(GroupId group, raft::Message message);
  void set_disk(uint64_t disk) { disk_ = disk; }  // Of this node; 0: not said.
  // A batch goes to `to` with the next Flush, if only an empty one.
  void Beat(NodeId to) { batches_[{to, Channel::kRaft}].beat = true; }
  void Flush(Network& network);
  uint64_t batches_sent() const { return batches_sent_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  struct Batch {
    proto::RaftBatch proto;  // Kept between turns: its memory is used again.
    size_t bytes = 0;
    bool beat = false;
    std::vector<std::string> closed;
  };
  void Close(NodeId to, Batch& batch);
  void EncodeAppend(const raft::Append& append, bool compress, proto::RaftMessage* out);
  const std::optional<std::string>& Compressed(const raft::Entry& entry);

  const uint32_t version_;
  uint64_t disk_ = 0;
  const HeadOf head_of_;
  const VersionOf version_of_;
  // Until the next Flush: most entries go to several peers in one turn. The payloads are held.
  std::map<std::shared_ptr<const std::string>, std::optional<std::string>> compressed_;
  std::map<std::pair<NodeId, Channel>, Batch> batches_;
  uint64_t batches_sent_ = 0;
  uint64_t bytes_sent_ = 0;
};

// A receiver that speaks `version` takes a part of a newer one for what it is to it: unknown. Sets
// *sender_version when the bytes are a batch. Calls on_head, if any, and then
// receive(GroupId, raft::Message) for each message of the batch that `from` sent to `self`.
// InvalidArgument when the bytes are no batch, or for the first message without a known body (the
// others are still received).
Status DecodeBatch(NodeId from, NodeId self, std::string_view bytes, uint32_t version,
                   proto::RaftBatch* scratch, uint32_t* sender_version,
                   absl::AnyInvocable<void(GroupId, raft::Message)> receive,
                   absl::AnyInvocable<void(const BatchHead&)> on_head = nullptr);

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_CODEC_H_
