// Streams over TCP: listening and connecting, for core/env Network. Internal to net/env.
//
// Sockets: SO_REUSEADDR, TCP_NODELAY, keep-alive, and TCP_USER_TIMEOUT, so that a peer that vanished breaks the stream within
// kUserTimeoutMs of the first unacknowledged byte.
#ifndef QUADRAFT_NET_ENV_TCP_NETWORK_H_
#define QUADRAFT_NET_ENV_TCP_NETWORK_H_

#include <memory>
#include <string_view>

#include "core/env/network.h"
#include "net/env/event_loop.h"
#include "net/env/tcp_stream.h"

namespace quadraft::net {

inline constexpr int kUserTimeoutMs = 10'000;
inline constexpr Duration kConnectTimeout = seconds(5);

// As Network::Listen.
StatusOr<std::unique_ptr<Listener>> TcpListen(EventLoop& loop, std::string_view address,
                                              Network::AcceptHandler on_accept,
                                              StreamTuning tuning = {});

// As Network::Connect. Names other than "localhost" are looked up by an Offload worker.
void TcpConnect(EventLoop& loop, std::string_view address, Network::ConnectHandler done,
                StreamTuning tuning = {});

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_TCP_NETWORK_H_
