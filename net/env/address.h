// "host:port" as socket addresses, and sockets made ready for the loop. Internal to net/env.
#ifndef QUADRAFT_NET_ENV_ADDRESS_H_
#define QUADRAFT_NET_ENV_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft::net {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string ToString() const;  // "127.0.0.1:80", "[::1]:80".
};

struct HostPort {
  std::string host;  // Without brackets.
  uint16_t port = 0;
};
// "1.2.3.4:80", "[::1]:80", "name:80", ":80" (every IPv4 interface). InvalidArgument: no port, a bad one, a bare IPv6 address.
StatusOr<HostPort> ParseHostPort(std::string_view address);

// Numeric hosts, "localhost" and "" only, at once. NotFound: a name that has to be looked up.
StatusOr<SocketAddress> NumericAddress(const HostPort& host_port);

// Any name, by the system's resolver: blocks, for workers only. Unavailable: not found now.
StatusOr<SocketAddress> ResolveBlocking(const HostPort& host_port);

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_ADDRESS_H_
