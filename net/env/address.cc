#include "net/env/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include <charconv>

namespace quadraft::net {

std::string SocketAddress::ToString() const {
  char host[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
    return StrCat("[", host, "]:", ntohs(in6->sin6_port));
  }
  const auto* in = reinterpret_cast<const sockaddr_in*>(&storage);
  inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
  return StrCat(host, ":", ntohs(in->sin_port));
}

StatusOr<HostPort> ParseHostPort(std::string_view address) {
  const auto bad = [&](std::string_view why) {
    return InvalidArgument("bad address '", address, "': ", why, " (host:port or [IPv6]:port)");
  };
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return bad("no port");
  std::string_view host = address.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return bad("no ']'");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return bad("an IPv6 address needs brackets");
  }
  const std::string_view digits = address.substr(colon + 1);
  HostPort out{std::string(host), 0};
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
    return bad("bad port");
  }
  return out;
}

StatusOr<SocketAddress> NumericAddress(const HostPort& host_port) {
  std::string host = host_port.host;
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  SocketAddress out;
  auto* in = reinterpret_cast<sockaddr_in*>(&out.storage);
  if (inet_pton(AF_INET, host.c_str(), &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    in->sin_port = htons(host_port.port);
    out.length = sizeof(sockaddr_in);
    return out;
  }
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET6, host.c_str(), &in6->sin6_addr) == 1) {
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(host_port.port);
    out.length = sizeof(sockaddr_in6);
    return out;
  }
  return NotFound("'", host, "' is not a numeric address");
}

StatusOr<SocketAddress> ResolveBlocking(const HostPort& host_port) {
  auto numeric = NumericAddress(host_port);
  if (numeric.ok()) return numeric;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_port.host.c_str(), StrCat(host_port.port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr) {
    return Unavailable("cannot resolve '", host_port.host, "': ", gai_strerror(error));
  }
  SocketAddress out;
  memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.length = found->ai_addrlen;
  freeaddrinfo(found);
  return out;
}

}  // namespace quadraft::net
