// What a message between nodes says, in a line, for people: decodes what core/replica and node/rpc
// send. Never fails: bytes that are no message (a fault flipped a bit) are described as such.
//
//   DescribePayload(NodeId{1}, NodeId{2}, Channel::kRaft, bytes)
//       .text == "term=3 Append prev=5/2 commit=4 entries=[6/3]"
#ifndef QUADRAFT_SIM_TRACE_DESCRIBE_H_
#define QUADRAFT_SIM_TRACE_DESCRIBE_H_

#include <string>
#include <string_view>

#include "core/env/network.h"

namespace quadraft::sim {

// A batch of several counts as the first of these that it holds.
enum class MessageKind : uint8_t {
  kVote,
  kVoteReply,
  kSnapshot,
  kSnapshotReply,
  kAppend,  // With entries.
  kAppendReply,
  kRead,
  kReadReply,
  kHeartbeat,  // Also an append without entries.
  kHeartbeatReply,
  kRpc,
  kRpcReply,
  kUnreadable,
};
inline constexpr int kMessageKinds = 13;
std::string_view MessageKindName(MessageKind kind);

struct MessageText {
  MessageKind kind = MessageKind::kUnreadable;
  std::string text;  // At most kDescriptionBytesMax; longer ones end in "...".
};
inline constexpr size_t kDescriptionBytesMax = 240;

MessageText DescribePayload(NodeId from, NodeId to, Channel channel, std::string_view payload);

// `text` itself, or its beginning and "..." when it is longer than `bytes_max`.
std::string Shortened(std::string_view text, size_t bytes_max = kDescriptionBytesMax);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_DESCRIBE_H_
