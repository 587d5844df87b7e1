// A blocking HTTP/1.1 client for one node, which keeps its connection. Small on purpose: a judge
// should not use the accused's code.
//
//   HttpClient client(8001);
//   StatusOr<http::Response> response = client.Send(request, std::chrono::seconds(5));
// Unavailable: no connection could be made, nothing was sent. DeadlineExceeded: no whole answer;
// the request may have been done. DataLoss: the answer is not HTTP. An answer of any status is OK
// here.
#ifndef QUADRAFT_JEPSEN_REAL_HTTP_CLIENT_H_
#define QUADRAFT_JEPSEN_REAL_HTTP_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "core/http/message.h"
#include "jepsen/real/socket.h"

namespace quadraft::jepsen {

inline constexpr size_t kResponseBytesMax = size_t{64} << 20;

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : port_(port) {}

  StatusOr<http::Response> Send(const http::Request& request, std::chrono::milliseconds timeout);

 private:
  StatusOr<http::Response> Receive(RealClock::time_point deadline);
  Status ReceiveHead(RealClock::time_point deadline, http::Response* response);
  Status ReceiveBody(RealClock::time_point deadline, http::Response* response);
  Status ReceiveChunks(RealClock::time_point deadline, std::string* body);
  // Until buffer_ has `size` bytes.
  Status Fill(size_t size, RealClock::time_point deadline);
  // The next line without its end.
  StatusOr<std::string> Line(RealClock::time_point deadline);

  uint16_t port_;
  Fd fd_;
  std::string buffer_;  // Received and not yet taken.
};

http::Request GetRequest(std::string path);
http::Request PostRequest(std::string path, std::string content_type, std::string body);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_HTTP_CLIENT_H_
