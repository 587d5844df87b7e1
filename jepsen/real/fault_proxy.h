// Stands between nodes: every directed link has a port of its own, and forwards, stalls or cuts
// what goes through it.
//
// A node is told the proxy's ports as its peers' addresses, so the harness owns the network without
// privileges. A link carries the connections that its first node opens to its second one, both
// ways.
//
//   FaultProxy proxy;
//   QR_ASSIGN_OR_RETURN(uint16_t port, proxy.AddLink({1, 2}, port_of_node_2));   // Node 1 is told
//   that 2 listens on `port`. QR_RETURN_IF_ERROR(proxy.Start()); proxy.Set({1, 2},
//   LinkState::kCut);
// One thread of its own from Start to the destructor; Set may be called from any thread. Buffers
// are bounded per connection.
#ifndef QUADRAFT_JEPSEN_REAL_FAULT_PROXY_H_
#define QUADRAFT_JEPSEN_REAL_FAULT_PROXY_H_

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/status.h"
#include "jepsen/real/socket.h"

namespace quadraft::jepsen {

enum class LinkState : uint8_t {
  kOpen,
  kStalled,  // Connections stay, bytes do not move: a black hole.
  kCut,      // Connections break, new ones are accepted and broken at once.
};

struct Link {
  int from = 0;
  int to = 0;
  friend auto operator<=>(const Link&, const Link&) = default;
};

class FaultProxy {
 public:
  static constexpr size_t kBufferBytesMax = 256 << 10;  // Per connection and direction.
  static constexpr size_t kConnectionsMax = 1024;       // In all; more are refused.

  FaultProxy() = default;
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  // Before Start. The port on which connections for `to_port` are taken.
  StatusOr<uint16_t> AddLink(Link link, uint16_t to_port);
  Status Start();
  // Takes effect within milliseconds.
  void Set(Link link, LinkState state);
  void OpenAll();

 private:
  struct Pipe {  // One direction of a connection.
    std::string buffer;
    bool ended = false;       // The source has ended.
    bool passed_end = false;  // The target was told so.
  };
  struct Connection {
    Fd left;   // Accepted.
    Fd right;  // Opened.
    Pipe to_right;
    Pipe to_left;
    bool broken = false;
  };
  struct Route {
    Fd listener;
    uint16_t to_port = 0;
    std::atomic<LinkState> state{LinkState::kOpen};
    std::list<Connection> connections;
  };

  void Loop();
  void Accept(Route& route);
  // Moves what can be moved; sets `broken` when the connection is over.
  static void Move(int from, int to, Pipe* pipe, bool* broken);
  void Serve(Route& route);
  void Wake();

  std::map<Link, Route> routes_;
  size_t connections_ = 0;
  Fd wake_;  // eventfd
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_FAULT_PROXY_H_
