// HTTP/1.1 (RFC 9110, 9112) over core/env streams: no OS calls, so the same code serves in the simulator and in production.
//
//   http::HttpServer server(env, {});
//   QR_RETURN_IF_ERROR(server.Start("127.0.0.1:8001", [](http::Request r, http::ResponseWriter w) {
//     w.Respond({.status = 200, .headers = {{"content-type", "text/plain"}}, .body = "hello\n"});
//   }));
//
// Requests of one connection are handled one at a time and answered in order; at most kPipelineBytesMax of later ones are
// held. The server answers by itself: 400 (malformed), 408 (head or body too slow), 413 (body too large), 414 and 431
// (target, head too large), 417, 501, 503 (too many connections or bytes of bodies), 505. Loop only.
#ifndef QUADRAFT_NET_HTTP_SERVER_H_
#define QUADRAFT_NET_HTTP_SERVER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/http/message.h"

namespace quadraft::http {

inline constexpr size_t kPipelineBytesMax = 64u << 10;

struct ServerOptions {
  size_t body_bytes_max = 64u << 20;          // Of one request: 413.
  size_t bodies_bytes_max = 512u << 20;       // Of all requests being read: 503.
  size_t target_bytes_max = 32u << 10;        // Path and query: 414.
  size_t head_bytes_max = 64u << 10;          // Request line and headers: 431.
  size_t header_count_max = 128;              // 431.
  size_t connections_max = 4096;              // 503.
  Duration head_timeout = seconds(10);        // From the first byte to the end of the head: 408.
  Duration body_timeout = seconds(30);        // Without a byte of the body: 408.
  Duration idle_timeout = seconds(75);        // Between requests: closed.
  Duration write_timeout = seconds(60);       // Without the client's taking a byte of the answer: closed.
  Duration linger_timeout = seconds(2);       // For the client to end a connection that we have ended.
};

struct ServerStats {
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  // Over connections_max.
  uint64_t connections_open = 0;
  uint64_t requests = 0;             // Given to the handler.
  uint64_t rejected = 0;             // Answered by the server itself with 4xx, 5xx.
  uint64_t clients_gone = 0;         // Left before their answer was complete.
};

namespace server_internal {
struct Exchange;
class Core;
}  // namespace server_internal

// The answer to one request. Keep it and use it later, from the loop; it outlives client and server: then calls do nothing
// and report Cancelled. Exactly one of Respond, StartStream...Finish, Abort; destroyed before that, it answers 500 (or
// aborts what was begun).
class ResponseWriter {
 public:
  explicit ResponseWriter(std::shared_ptr<server_internal::Exchange> exchange);
  ResponseWriter(ResponseWriter&&) noexcept;
  ResponseWriter& operator=(ResponseWriter&&) noexcept;
  ~ResponseWriter();

  // The whole answer; Content-Length and Connection are added. A body for HEAD, 204 or 304 is left out.
  // Cancelled: the client has gone.
  Status Respond(Response response);

  // An answer of unknown length (chunked; to HTTP/1.0 until the connection's end).
  Status StartStream(int status, Headers headers);
  Status Write(std::string piece);  // After StartStream. Accepts any amount: watch unsent_bytes().
  Status Finish();                  // The answer is whole. OK does not say that the client read it.

  // Not whole: after StartStream the connection breaks before the last chunk, so that the client sees it; before, 500
  // with `reason` as its text. Nothing when the answer is complete.
  void Abort(std::string_view reason);

  // What the client has not taken yet. Writers stop above kStreamBufferBytes and wait:
  //   Status s = co_await Callback<Status>([&](auto done) { writer.WhenWritable(std::move(done)); });
  size_t unsent_bytes() const;
  // Calls `done` once, later: OK when unsent_bytes() is at most half of kStreamBufferBytes (or it never was above it),
  // Cancelled when the client goes away or the server ends. One at a time.
  void WhenWritable(absl::AnyInvocable<void(Status)> done);

  // Calls `gone` once if the client goes away (or the server ends) before the answer is complete: to stop the work. Set
  // at once after taking the writer, replaceable; may be called inside the server's destructor. When the client has gone
  // already it is called soon.
  void OnClientGone(absl::AnyInvocable<void()> gone);
  bool client_gone() const;
  std::string peer() const;  // "127.0.0.1:41234", for logs.

 private:
  std::shared_ptr<server_internal::Exchange> exchange_;
};

class HttpServer {
 public:
  using Handler = absl::AnyInvocable<void(Request, ResponseWriter)>;

  HttpServer(Env& env, ServerOptions options);
  // Breaks the connections that are left. Destroy it before what the handlers' callbacks use.
  ~HttpServer();

  // "host:port", port 0 picks one. AlreadyExists: port taken; InvalidArgument: bad address. Once.
  Status Start(std::string_view address, Handler handler);
  std::string address() const;  // As bound.

  // No new connections; idle ones end, busy ones after their answer; `done` when all have ended, or after `grace`, when
  // the rest are broken. Once, after Start.
  void Stop(Duration grace, absl::AnyInvocable<void()> done);

  const ServerStats& stats() const;

 private:
  std::shared_ptr<server_internal::Core> core_;
};

}  // namespace quadraft::http

#endif  // QUADRAFT_NET_HTTP_SERVER_H_
