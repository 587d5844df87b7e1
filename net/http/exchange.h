// One request under way: what a ResponseWriter and its connection share. Whichever end goes first, the other one sees it.
//
// Invariants: (1) connection != nullptr exactly while the client can still get bytes of this answer; (2) at most one
// exchange of a connection has it set; (3) after kDone no callback is kept.
#ifndef QUADRAFT_NET_HTTP_EXCHANGE_H_
#define QUADRAFT_NET_HTTP_EXCHANGE_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/http/message.h"

namespace quadraft::http::server_internal {

class Connection;

struct Exchange {
  enum class State { kWaiting, kStreaming, kDone };

  explicit Exchange(Executor& executor) : executor(executor) {}

  Executor& executor;
  Connection* connection = nullptr;
  State state = State::kWaiting;
  bool head_only = false;    // HEAD: no body goes out.
  bool http_1_0 = false;     // No chunked coding.
  bool keep_alive = false;   // The request's wish.
  bool body_allowed = true;  // By method and status, from StartStream on.
  bool chunk_open = false;   // The line end behind the last chunk's bytes is still owed.
  std::string peer;
  absl::AnyInvocable<void()> on_client_gone;
  absl::AnyInvocable<void(Status)> on_writable;
};

}  // namespace quadraft::http::server_internal

#endif  // QUADRAFT_NET_HTTP_EXCHANGE_H_
