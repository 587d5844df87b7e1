// What a node can send and hear.
//
// Messages go between nodes of one cluster on named channels: at most the bytes that were sent, maybe never, maybe twice,
// maybe late or out of order, maybe in one direction only. They carry no result; protocols above must live with that.
// Byte streams are ordered and reliable until they break: what arrives is a prefix of what was written.
//
//   network.OnMessage(Channel::kRaft, [this](NodeId from, std::string_view bytes) { ... });
//   network.Send(NodeId{2}, Channel::kRaft, bytes);
//   auto listener = network.Listen("127.0.0.1:8001", [](std::unique_ptr<Stream> s) { ... });
//
// All calls and callbacks are on the executor's loop; no callback runs inside the call that caused it.
#ifndef QUADRAFT_CORE_ENV_NETWORK_H_
#define QUADRAFT_CORE_ENV_NETWORK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/status.h"

namespace quadraft {

// In order of priority: a channel never waits behind a later one on the way to the same peer.
enum class Channel : uint8_t {
  kRaft = 0,      // Votes, heartbeats, appends.
  kRpc = 1,       // Requests between nodes (forwarding, read index).
  kSnapshot = 2,  // Snapshot chunks.
};
inline constexpr int kChannelCount = 3;
inline constexpr size_t kMessageBytesMax = 64u << 20;

// One end of a connection. Destroying it closes it; no callback runs afterwards.
class Stream {
 public:
  virtual ~Stream() = default;

  struct Handlers {
    // Bytes in order. The view is valid during the call only.
    absl::AnyInvocable<void(std::string_view bytes)> on_data;
    // Called once, after the last on_data: OK when the peer ended cleanly, Unavailable when the connection broke. Writes are
    // pointless from here on.
    absl::AnyInvocable<void(Status)> on_close;
    // unsent_bytes() fell to half of kStreamBufferBytes or below after it had been above.
    absl::AnyInvocable<void()> on_drain;
  };
  // Called once, right after the stream is handed over. Data that came before is delivered then.
  virtual void SetHandlers(Handlers handlers) = 0;

  // Queues `bytes`; accepts any amount (writers watch unsent_bytes()). Dropped silently after the stream closed or broke.
  virtual void Write(std::string bytes) = 0;
  virtual size_t unsent_bytes() const = 0;
  // Sends what is queued, then ends the stream for the peer. No further Write.
  virtual void CloseWhenSent() = 0;
  // Stops and restarts on_data (back-pressure): while paused the peer's writes pile up on its side.
  virtual void PauseReading(bool paused) = 0;
  // "127.0.0.1:41234" or the simulator's name for the peer, for logs.
  virtual std::string peer() const = 0;
};
inline constexpr size_t kStreamBufferBytes = 1u << 20;

class Listener {
 public:
  virtual ~Listener() = default;  // Stops accepting; accepted streams live on.
  virtual std::string address() const = 0;  // As bound: the port is known even when 0 was asked for.
};

class Network {
 public:
  virtual ~Network() = default;

  // From now on `node` is reached at `address` ("host:port" of its listener for messages), until another is said, here or by
  // the node itself: when it connects it tells where it listens, so that it can be answered before anybody named it. What
  // waits for the old address is lost. Nothing happens when that is the address already, or for this node itself.
  virtual void SetAddress(NodeId node, std::string_view address) = 0;

  // Queues a message. Lost when the peer's address is unknown or it is unreachable, when its queue is over its bound
  // (kPeerQueueBytesMax; oldest of the least urgent channel goes first), or on its way. At most kMessageBytesMax.
  virtual void Send(NodeId to, Channel channel, std::string payload) = 0;

  // Sets the receiver of one channel; `payload` is valid during the call only. Messages for a channel without a receiver are
  // dropped. Never from this node itself.
  using MessageHandler = absl::AnyInvocable<void(NodeId from, std::string_view payload)>;
  virtual void OnMessage(Channel channel, MessageHandler handler) = 0;

  // address: "host:port"; port 0 picks one. Errors: AlreadyExists (port taken), InvalidArgument (no such address).
  using AcceptHandler = absl::AnyInvocable<void(std::unique_ptr<Stream>)>;
  virtual StatusOr<std::unique_ptr<Listener>> Listen(std::string_view address,
                                                     AcceptHandler on_accept) = 0;

  // `done` gets the stream, or Unavailable (refused, unreachable, timed out) or InvalidArgument (bad address).
  using ConnectHandler = absl::AnyInvocable<void(StatusOr<std::unique_ptr<Stream>>)>;
  virtual void Connect(std::string_view address, ConnectHandler done) = 0;
};
inline constexpr size_t kPeerQueueBytesMax = 256u << 20;

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_NETWORK_H_
