// core/env Stream over a Transport and an EventLoop. Writes of one loop round leave together, at its end. Internal to net/env.
//
// The Stream that callers own is a handle; the connection behind it is shared with closures under way, so that a handle may
// be destroyed inside its own callbacks.
#ifndef QUADRAFT_NET_ENV_TCP_STREAM_H_
#define QUADRAFT_NET_ENV_TCP_STREAM_H_

#include <memory>
#include <string>

#include "core/env/network.h"
#include "net/env/event_loop.h"
#include "net/env/transport.h"

namespace quadraft::net {

struct StreamTuning {
  size_t drain_bytes = kStreamBufferBytes;  // on_drain: fell to half of it after having been above.
};

// `peer` is for logs.
std::unique_ptr<Stream> MakeTcpStream(EventLoop& loop, std::unique_ptr<Transport> transport,
                                      std::string peer, StreamTuning tuning = {});

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_TCP_STREAM_H_
