#include "core/replica/codec.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/compress.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::replica {
namespace {

using raft::Append;
using raft::AppendReply;
using raft::Heartbeat;
using raft::HeartbeatReply;
using raft::ReadIndexReply;
using raft::ReadIndexRequest;
using raft::SnapshotChunk;
using raft::SnapshotReply;
using raft::TimeoutNow;
using raft::VoteReply;
using raft::VoteRequest;

uint64_t Micros(Duration duration) {
  return static_cast<uint64_t>(std::max(duration, Duration(0)) / microseconds(1));
}
// What is waited for, or counted on, is never rounded down.
uint64_t MicrosUp(Duration duration) { return Micros(duration + microseconds(1) - Duration(1)); }
// The machine has bounds of its own.
Duration FromMicros(uint64_t micros) {
  constexpr uint64_t kMicrosecondsMax = 3'600'000'000;
  return microseconds(std::min(micros, kMicrosecondsMax));
}

void Encode(const VoteRequest& body, proto::RaftMessage* out, uint32_t version) {
  auto* to = out->mutable_vote_request();
  to->set_pre(body.pre);
  to->set_last_index(body.last_index.value());
  to->set_last_term(body.last_term.value());
  to->set_transfer(body.transfer);
  if (version >= kWireVersionLease) to->set_waits(body.waits);
}
void Encode(const VoteReply& body, proto::RaftMessage* out, uint32_t version) {
  auto* to = out->mutable_vote_reply();
  to->set_pre(body.pre);
  to->set_granted(body.granted);
  to->set_removed_at(body.removed_at.value());
  if (version < kWireVersionLease) return;
  to->set_promise_known(body.promise_known);
  to->set_promise_left_us(MicrosUp(body.promise.left));
  to->set_promise_term(body.promise.term.value());
  to->set_promise_round(body.promise.round);
}
void Encode(const AppendReply& body, proto::RaftMessage* out) {
  auto* to = out->mutable_append_reply();
  to->set_rejected(body.rejected);
  to->set_index(body.index.value());
  to->set_hint_index(body.hint_index.value());
  to->set_hint_term(body.hint_term.value());
}
void Encode(const Heartbeat& body, proto::RaftMessage* out, uint32_t version) {
  auto* to = out->mutable_heartbeat();
  to->set_commit(body.commit.value());
  to->set_round(body.round);
  if (version >= kWireVersionPace) {
    to->set_election_timeout_us(Micros(body.election_timeout));
  }
  if (version >= kWireVersionQuiesce) to->set_quiesce(body.quiesce);
  if (version >= kWireVersionLease) {
    to->set_lease_us(MicrosUp(body.lease));
    to->set_rank(body.rank);
  }
}
void Encode(const HeartbeatReply& body, proto::RaftMessage* out) {
  auto* to = out->mutable_heartbeat_reply();
  to->set_round(body.round);
  to->set_quiesced(body.quiesced);  // Only by whom was told to sleep,
  to->set_promised(body.promised);  // and by whom was asked to promise.
}
void Encode(const SnapshotChunk& body, proto::RaftMessage* out) {
  auto* to = out->mutable_snapshot_chunk();
  to->set_index(body.index.value());
  to->set_index_term(body.index_term.value());
  to->set_stream(body.stream);
  to->set_offset(body.offset);
  to->set_done(body.done);
  to->set_crc32c(body.crc32c);
  if (body.data) to->set_data(*body.data);
  to->set_configuration_index(body.configuration_index.value());
  if (body.configuration) to->set_configuration(*body.configuration);
}
void Encode(const SnapshotReply& body, proto::RaftMessage* out) {
  auto* to = out->mutable_snapshot_reply();
  to->set_index(body.index.value());
  to->set_stream(body.stream);
  to->set_next_offset(body.next_offset);
  to->set_failed(body.failed);
  to->set_installed(body.installed);
}
void Encode(const ReadIndexRequest& body, proto::RaftMessage* out) {
  out->mutable_read_index_request()->set_id(body.id);
}
void Encode(const ReadIndexReply& body, proto::RaftMessage* out) {
  auto* to = out->mutable_read_index_reply();
  to->set_id(body.id);
  to->set_ok(body.ok);
  to->set_index(body.index.value());
}

void Encode(const TimeoutNow& body, proto::RaftMessage* out, uint32_t version) {
  auto* to = out->mutable_timeout_now();
  if (version >= kWireVersionLease) to->set_waived_round(body.waived_round);
}

// About what the encoding takes, without counting it out.
size_t ApproximateBytes(const raft::Message& message) {
  constexpr size_t kHead = 64, kPerEntry = 16;
  size_t bytes = kHead;
  if (const auto* append = std::get_if<Append>(&message.body)) {
    for (const raft::Entry& entry : append->entries) bytes += kPerEntry + entry.payload_bytes();
  } else if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    bytes += chunk->data ? chunk->data->size() : 0;
  }
  return bytes;
}

// Nothing: a compressed payload is none, or too large.
std::optional<Append> DecodeAppend(proto::RaftAppend* from, uint32_t version, size_t* room) {
  Append append{.prev_index = LogIndex(from->prev_index()),
                .prev_term = RaftTerm(from->prev_term()),
                .commit = LogIndex(from->commit())};
  append.entries.reserve(from->entries_size());
  LogIndex index = append.prev_index;
  for (auto& entry : *from->mutable_entries()) {
    index = index.Next();
    // A kind out of range stays out of range: the machine refuses it.
    uint32_t number = entry.kind();
    std::shared_ptr<const std::string> payload;
    if (version >= kWireVersionCompression && number >= kCompressedKind) {
      number -= kCompressedKind;
      auto whole = Decompress(entry.payload(), *room);
      if (!whole.ok()) return std::nullopt;
      *room -= whole->size();
      payload = std::make_shared<const std::string>(*std::move(whole));
    } else if (!entry.payload().empty())
      payload = std::make_shared<const std::string>(std::move(*entry.mutable_payload()));
    const auto kind = static_cast<raft::EntryKind>(std::min<uint32_t>(number, UINT8_MAX));
    append.entries.push_back({.term = RaftTerm(entry.term()),
                              .index = index,
                              .kind = kind,
                              .payload = std::move(payload)});
  }
  return append;
}

Heartbeat DecodeHeartbeat(const proto::RaftHeartbeat& from, uint32_t version) {
  Heartbeat heartbeat{.commit = LogIndex(from.commit()), .round = from.round()};
  if (version >= kWireVersionPace) {
    heartbeat.election_timeout = FromMicros(from.election_timeout_us());
  }
  heartbeat.quiesce = version >= kWireVersionQuiesce && from.quiesce();
  if (version >= kWireVersionLease) {
    heartbeat.lease = FromMicros(from.lease_us());
    heartbeat.rank = from.rank();
  }
  return heartbeat;
}

SnapshotChunk DecodeChunk(proto::RaftSnapshotChunk* from) {
  return {.index = LogIndex(from->index()),
          .index_term = RaftTerm(from->index_term()),
          .stream = from->stream(),
          .offset = from->offset(),
          .done = from->done(),
          .crc32c = from->crc32c(),
          .data = std::make_shared<const std::string>(std::move(*from->mutable_data())),
          .configuration_index = LogIndex(from->configuration_index()),
          .configuration =
              std::make_shared<const std::string>(std::move(*from->mutable_configuration()))};
}

std::optional<decltype(raft::Message::body)> DecodeBody(proto::RaftMessage* from,
                                                        uint32_t version, size_t* room) {
  switch (from->body_case()) {
    case proto::RaftMessage::kVoteRequest: {
      const auto& b = from->vote_request();
      return VoteRequest{.pre = b.pre(),
                         .last_index = LogIndex(b.last_index()),
                         .last_term = RaftTerm(b.last_term()),
                         .transfer = version >= kWireVersionTransfer && b.transfer(),
                         .waits = version >= kWireVersionLease && b.waits()};
    }
    case proto::RaftMessage::kVoteReply: {
      const auto& b = from->vote_reply();
      VoteReply reply{.pre = b.pre(),
                      .granted = b.granted(),
                      .removed_at = LogIndex(b.removed_at()),
                      .promise_known = version >= kWireVersionLease && b.promise_known()};
      if (reply.promise_known) {
        reply.promise = {.term = RaftTerm(b.promise_term()),
                         .round = b.promise_round(),
                         .left = FromMicros(b.promise_left_us())};
      }
      return reply;
    }
    case proto::RaftMessage::kAppend:
      return DecodeAppend(from->mutable_append(), version, room);
    case proto::RaftMessage::kAppendReply: {
      const auto& b = from->append_reply();
      return AppendReply{.rejected = b.rejected(),
                         .index = LogIndex(b.index()),
                         .hint_index = LogIndex(b.hint_index()),
                         .hint_term = RaftTerm(b.hint_term())};
    }
    case proto::RaftMessage::kHeartbeat:
      return DecodeHeartbeat(from->heartbeat(), version);
    case proto::RaftMessage::kHeartbeatReply:
      return HeartbeatReply{
          .round = from->heartbeat_reply().round(),
          .quiesced = version >= kWireVersionQuiesce && from->heartbeat_reply().quiesced(),
          .promised = version >= kWireVersionLease && from->heartbeat_reply().promised()};
    case proto::RaftMessage::kSnapshotChunk:
      return DecodeChunk(from->mutable_snapshot_chunk());
    case proto::RaftMessage::kSnapshotReply: {
      const auto& b = from->snapshot_reply();
      return SnapshotReply{.index = LogIndex(b.index()),
                           .stream = b.stream(),
                           .next_offset = b.next_offset(),
                           .failed = b.failed(),
                           .installed = b.installed()};
    }
    case proto::RaftMessage::kReadIndexRequest:
      return ReadIndexRequest{.id = from->read_index_request().id()};
    case proto::RaftMessage::kReadIndexReply: {
      const auto& b = from->read_index_reply();
      return ReadIndexReply{.id = b.id(), .ok = b.ok(), .index = LogIndex(b.index())};
    }
    case proto::RaftMessage::kTimeoutNow:
      if (version < kWireVersionTransfer) break;
      return TimeoutNow{.waived_round = version >= kWireVersionLease
                                            ? from->timeout_now().waived_round()
                                            : 0};
    case proto::RaftMessage::BODY_NOT_SET:
      break;
  }
  return std::nullopt;
}

}  // namespace

const std::optional<std::string>& Outbox::Compressed(const raft::Entry& entry) {
  const auto [known, added] = compressed_.try_emplace(entry.payload);
  if (added) known->second = Compress(*entry.payload);
  return known->second;
}

void Outbox::EncodeAppend(const Append& append, bool compress, proto::RaftMessage* out) {
  auto* to = out->mutable_append();
  to->set_prev_index(append.prev_index.value());
  to->set_prev_term(append.prev_term.value());
  to->set_commit(append.commit.value());
  for (const raft::Entry& entry : append.entries) {
    auto* e = to->add_entries();
    e->set_term(entry.term.value());
    e->set_kind(static_cast<uint32_t>(entry.kind));
    if (entry.payload_bytes() == 0) continue;
    const size_t from = SIM_MAYBE("compress-small-entries") ? 16 : kCompressFromBytes;
    if (compress && entry.payload_bytes() >= from) {
      if (const auto& small = Compressed(entry)) {
        SIM_SOMETIMES(true, "sent-entry-compressed");
        e->set_kind(static_cast<uint32_t>(entry.kind) + kCompressedKind);
        e->set_payload(*small);
        continue;
      }
    }
    e->set_payload(*entry.payload);
  }
}

// Version 1 said nothing of versions.
void Outbox::Close(NodeId to, Batch& batch) {
  if (version_ > kWireVersionMin) batch.proto.set_version(version_);
  if (version_ >= kWireVersionContacts && disk_ != 0) batch.proto.set_disk(disk_);
  if (head_of_ && version_ >= kWireVersionQuiesce) {
    const BatchHead head = head_of_(to);
    batch.proto.set_incarnation(head.incarnation);
    batch.proto.set_beat_us(static_cast<uint32_t>(head.beat / microseconds(1)));
    batch.proto.set_relies(head.relies);
    if (version_ >= kWireVersionLease) {
      batch.proto.set_priority_plus_one(head.priority + 1);
      batch.proto.set_leads(head.leads);
    }
  }
  batch.closed.push_back(batch.proto.SerializeAsString());
}

void Outbox::Add(GroupId group, raft::Message message) {
  const bool bulk = std::holds_alternative<SnapshotChunk>(message.body);
  Batch& batch = batches_[{message.to, bulk ? Channel::kSnapshot : Channel::kRaft}];
  const size_t bytes = ApproximateBytes(message);
  if (batch.bytes > 0 && batch.bytes + bytes > kBatchBytesMax) {
    Close(message.to, batch);
    batch.proto.Clear();
    batch.bytes = 0;
  }
  batch.bytes += bytes;
  auto* out = batch.proto.add_messages();
  out->set_group(group.value());
  out->set_term(message.term.value());
  std::visit(
      [&](const auto& body) {
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, Append>) {
          const bool known = version_of_ && version_of_(message.to) >= kWireVersionCompression;
          EncodeAppend(body, known && version_ >= kWireVersionCompression, out);
        } else if constexpr (requires { Encode(body, out, version_); }) {
          Encode(body, out, version_);
        } else {
          Encode(body, out);
        }
      },
      message.body);
}

void Outbox::Flush(Network& network) {
  compressed_.clear();
  for (auto& [key, batch] : batches_) {
    if (batch.bytes == 0 && !batch.beat) continue;
    batch.beat = false;
    Close(key.first, batch);
    const bool big = batch.bytes > kBatchBytesMax / 16;
    if (big) {
      batch.proto = proto::RaftBatch();  // Do not keep megabytes for the next heartbeat.
    } else {
      batch.proto.Clear();
    }
    batch.bytes = 0;
    for (std::string& bytes : batch.closed) {
      ++batches_sent_;
      bytes_sent_ += bytes.size();
      network.Send(key.first, key.second, std::move(bytes));
    }
    batch.closed.clear();
  }
}

Status DecodeBatch(NodeId from, NodeId self, std::string_view bytes, uint32_t version,
                   proto::RaftBatch* scratch, uint32_t* sender_version,
                   absl::AnyInvocable<void(GroupId, raft::Message)> receive,
                   absl::AnyInvocable<void(const BatchHead&)> on_head) {
  scratch->Clear();
  if (bytes.size() > kMessageBytesMax ||
      !scratch->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("not a batch of Raft messages (", bytes.size(), " bytes from node ",
                           from, ")");
  }
  if (scratch->messages_size() > kBatchMessagesMax) {
    return InvalidArgument(scratch->messages_size(), " Raft messages in one batch from node ",
                           from);
  }
  *sender_version = std::max(scratch->version(), kWireVersionMin);
  if (on_head && !scratch->has_introduction()) {
    BatchHead head{.version = *sender_version};
    if (version >= kWireVersionQuiesce && head.version >= kWireVersionQuiesce) {
      head.incarnation = scratch->incarnation();
      head.beat = microseconds(scratch->beat_us());
      head.relies = scratch->relies();
    }
    if (version >= kWireVersionLease && scratch->priority_plus_one() != 0) {
      head.priority = std::min(scratch->priority_plus_one() - 1, raft::kPriorityMax);
      head.leads = scratch->leads();
    }
    on_head(head);
  }
  Status status;
  size_t room = kBatchDecompressedBytesMax;
  for (proto::RaftMessage& message : *scratch->mutable_messages()) {
    auto body = DecodeBody(&message, version, &room);
    if (!body.has_value()) {
      status.Update(InvalidArgument("a Raft message of an unknown kind from node ", from));
      continue;
    }
    receive(
        GroupId(message.group()),
        raft::Message{
            .from = from, .to = self, .term = RaftTerm(message.term()), .body = std::move(*body)});
  }
  return status;
}

}  // namespace quadraft::replica
