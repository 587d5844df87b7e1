// Messages between the nodes of one cluster over TCP: one connection per peer and direction, opened by the sender.
//
//   PeerMesh mesh(env, loop, {.self = NodeId{1}, .cluster = "c", .peers = {{NodeId{2}, "10.0.0.2:7001"}}});
//   QR_RETURN_IF_ERROR(mesh.Listen("0.0.0.0:7001"));
//
// The sender's first frame says who it is, whom it means, which cluster, and where it listens itself; a receiver that is
// someone else closes. What it says of its address counts from then on, as does what SetPeer says: the last word. A link
// that fails is tried again after a growing, jittered pause as soon as there is something to send; what waited is dropped,
// because its protocol has long sent anew. Internal to net/env.
#ifndef QUADRAFT_NET_ENV_PEER_MESH_H_
#define QUADRAFT_NET_ENV_PEER_MESH_H_

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "core/env/env.h"
#include "core/proto/frame.h"
#include "net/env/event_loop.h"

namespace quadraft::net {

inline constexpr Duration kReconnectPauseMin = milliseconds(20);
inline constexpr Duration kReconnectPauseMax = seconds(1);
inline constexpr Duration kHelloTimeout = seconds(5);
inline constexpr size_t kInboundConnectionsMax = 256;
inline constexpr size_t kPeersMax = 1024;  // Strangers beyond are refused.

struct MeshOptions {
  NodeId self;
  std::string cluster;
  std::map<NodeId, std::string> peers;  // "host:port" of each node's listener; this node's own is ignored.
  bool pin_peers = false;               // What `peers` says of a node stands, whoever says otherwise.
};

struct MeshStats {
  uint64_t frames_sent = 0;        // Given to the stream; a long message is several.
  uint64_t messages_dropped = 0;   // Unknown peer, queue over its bound, link broken.
  uint64_t messages_received = 0;
  uint64_t bad_frames = 0;         // Failed checksum or format; each closed its connection.
  uint64_t refused_hellos = 0;
  uint64_t connects = 0;
  uint64_t connect_failures = 0;
};

class PeerMesh {
 public:
  PeerMesh(Env& env, EventLoop& loop, MeshOptions options);
  ~PeerMesh();

  Status Listen(std::string_view address);  // As Network::Listen.
  std::string address() const;              // As bound.
  // Adds or moves one; the link is made anew. Nothing when it is there already, or pinned.
  void SetPeer(NodeId id, std::string_view address);

  void Send(NodeId to, Channel channel, std::string payload);
  void OnMessage(Channel channel, Network::MessageHandler handler);
  const MeshStats& stats() const { return stats_; }

 private:
  class Link;
  class Inbound;

  bool Meet(const proto::Hello& hello);  // False: a stranger.
  void Accept(std::unique_ptr<Stream> stream);
  void RemoveInbound(uint64_t id);
  void Deliver(NodeId from, Channel channel, std::string_view payload);

  Env& env_;
  EventLoop& loop_;
  MeshOptions options_;
  std::set<NodeId> pinned_;
  std::string own_address_;  // What hellos say of this node's listener.
  MeshStats stats_;
  std::array<std::shared_ptr<Network::MessageHandler>, kChannelCount> handlers_;
  std::map<NodeId, std::unique_ptr<Link>> links_;
  std::map<uint64_t, std::unique_ptr<Inbound>> inbound_;
  uint64_t last_inbound_ = 0;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<PeerMesh*> alive_;  // For posted closures: null content when gone.
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_PEER_MESH_H_
