#include "sim/trace/describe.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/proto/rpc.pb.h"
#include "core/replica/codec.h"

namespace quadraft::sim {
namespace {

constexpr int kMessagesShown = 3;  // Of one batch.

MessageKind KindOf(const raft::Message& message) {
  struct Visitor {
    MessageKind operator()(const raft::VoteRequest&) const { return MessageKind::kVote; }
    MessageKind operator()(const raft::VoteReply&) const { return MessageKind::kVoteReply; }
    MessageKind operator()(const raft::Append& append) const {
      return append.entries.empty() ? MessageKind::kHeartbeat : MessageKind::kAppend;
    }
    MessageKind operator()(const raft::AppendReply&) const { return MessageKind::kAppendReply; }
    MessageKind operator()(const raft::Heartbeat&) const { return MessageKind::kHeartbeat; }
    MessageKind operator()(const raft::HeartbeatReply&) const {
      return MessageKind::kHeartbeatReply;
    }
    MessageKind operator()(const raft::SnapshotChunk&) const { return MessageKind::kSnapshot; }
    MessageKind operator()(const raft::SnapshotReply&) const { return MessageKind::kSnapshotReply; }
    MessageKind operator()(const raft::TimeoutNow&) const { return MessageKind::kVote; }
    MessageKind operator()(const raft::ReadIndexRequest&) const { return MessageKind::kRead; }
    MessageKind operator()(const raft::ReadIndexReply&) const { return MessageKind::kReadReply; }
  };
  return std::visit(Visitor{}, message.body);
}

MessageText DescribeBatch(NodeId from, NodeId to, std::string_view payload) {
  proto::RaftBatch scratch;
  MessageText out;
  int count = 0;
  uint32_t version = 0;
  const Status status = replica::DecodeBatch(
      from, to, payload, replica::kWireVersion, &scratch, &version,
      [&](GroupId group, const raft::Message& message) {
        out.kind = std::min(out.kind, KindOf(message));
        if (++count > kMessagesShown) return;
        const std::string line = raft::Describe(message);
        const std::string_view body = std::string_view(line).substr(line.find(' ') + 1);
        StrAppend(&out.text, out.text.empty() ? "" : "; ", body);
      });
  if (count > kMessagesShown) StrAppend(&out.text, "; ", count - kMessagesShown, " more");
  if (!status.ok()) StrAppend(&out.text, out.text.empty() ? "" : "; ", Message(status));
  return out;
}

MessageText DescribeRpc(std::string_view payload) {
  proto::RpcFrame frame;
  if (!frame.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return {MessageKind::kUnreadable, StrCat("not an RpcFrame (", payload.size(), " bytes)")};
  }
  switch (frame.kind()) {
    case proto::RpcFrame::REQUEST: {
      std::string text = StrCat("call ", frame.call(), " method ", frame.method());
      proto::MutationRequest mutation;
      if (mutation.ParseFromString(frame.body()) && !mutation.update().empty()) {
        StrAppend(&text, ": ", mutation.update());
      }
      return {MessageKind::kRpc, std::move(text)};
    }
    case proto::RpcFrame::RESPONSE:
      return {MessageKind::kRpcReply,
              StrCat("answer to call ", frame.call(), ", ",
                     frame.status_code() == 0
                         ? StrCat("ok, ", frame.body().size(), " bytes")
                         : StrCat("status ", frame.status_code(), ": ", frame.status_message()))};
    case proto::RpcFrame::REJECTED:
      return {MessageKind::kRpcReply,
              StrCat("call ", frame.call(), " was meant for another incarnation")};
    case proto::RpcFrame::HELLO:
      return {MessageKind::kRpc, "hello"};
    default:
      return {MessageKind::kUnreadable, StrCat("rpc kind ", static_cast<int>(frame.kind()))};
  }
}

}  // namespace

std::string_view MessageKindName(MessageKind kind) {
  static constexpr std::string_view kNames[kMessageKinds] = {
      "vote",         "vote reply", "snapshot",   "snapshot reply", "append",
      "append reply", "read",       "read reply", "heartbeat",      "heartbeat reply",
      "rpc",          "rpc reply",  "unreadable"};
  return kNames[static_cast<int>(kind)];
}

std::string Shortened(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  return StrCat(text.substr(0, bytes_max), "...");
}

MessageText DescribePayload(NodeId from, NodeId to, Channel channel, std::string_view payload) {
  MessageText out =
      channel == Channel::kRpc ? DescribeRpc(payload) : DescribeBatch(from, to, payload);
  out.text = Shortened(out.text);
  return out;
}

}  // namespace quadraft::sim
