// An HTTP/1.1 client: one connection, kept alive, one request at a time; more are queued. No OS calls. Loop only.
//
//   http::HttpClient client(env, "127.0.0.1:8001", {});
//   client.Send({.method = "POST", .path = "/sparql", .headers = {{"content-type", "application/sparql-update"}},
//                .body = "INSERT DATA { ... }"}, {.timeout = seconds(5)}, [](StatusOr<http::Response> r) { ... });
//
// An answer of any HTTP status is OK here. Errors: Unavailable (refused, unreachable, or timed out before anything was sent:
// nothing was done), DeadlineExceeded (sent, and no whole answer came: the outcome is unknown), ResourceExhausted (answer or
// queue over its bound), DataLoss (the answer is not HTTP), Cancelled (the client was destroyed).
#ifndef QUADRAFT_NET_HTTP_CLIENT_H_
#define QUADRAFT_NET_HTTP_CLIENT_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/http/message.h"

namespace quadraft::http {

inline constexpr size_t kClientQueueMax = 1024;

struct ClientOptions {
  Duration connect_timeout = seconds(5);
  size_t body_bytes_max = 256u << 20;  // Of an answer that is not streamed.
  size_t head_bytes_max = 64u << 10;
};

struct SendOptions {
  Duration timeout = seconds(60);  // From Send to the whole answer, queueing and connecting included.
  // Set: the answer's head as soon as it is here, and its body in pieces instead of Response.body. They may not destroy
  // the client (`done` may).
  absl::AnyInvocable<void(const Response& head)> on_head;
  absl::AnyInvocable<void(std::string_view piece)> on_body;
};

class HttpClient {
 public:
  using Done = absl::AnyInvocable<void(StatusOr<Response>)>;

  HttpClient(Env& env, std::string address, ClientOptions options);
  ~HttpClient();  // Requests that wait end with Cancelled (DeadlineExceeded when sent), inside this call.
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `done` is called once, never inside this call; it may send again or destroy the client. A GET or HEAD that met a kept
  // connection which the server had just ended is sent once more on a new one.
  void Send(Request request, SendOptions options, Done done);

  // Requests that wait or are under way.
  size_t pending() const;
  const std::string& address() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace quadraft::http

#endif  // QUADRAFT_NET_HTTP_CLIENT_H_
