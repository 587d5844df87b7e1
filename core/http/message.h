// The shapes of an HTTP request and response (RFC 9110): no sockets, no parsing. net/http makes and sends them;
// sparql/protocol and node give them their meaning.
#ifndef QUADRAFT_CORE_HTTP_MESSAGE_H_
#define QUADRAFT_CORE_HTTP_MESSAGE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quadraft::http {

using Headers = std::vector<std::pair<std::string, std::string>>;  // Names in lower case, in order of arrival.

// The first value of `lower_case_name`, or "" when absent.
inline std::string_view Find(const Headers& headers, std::string_view lower_case_name) {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

struct Request {
  std::string method;  // "GET", upper case.
  std::string path;    // Percent-encoded, without the query: "/sparql".
  std::string query;   // After '?', still percent-encoded: "query=ASK%7B%7D".
  Headers headers;
  std::string body;    // Whole; net/http bounds it.
};

struct Response {
  int status = 200;
  Headers headers;     // Content-Length or Transfer-Encoding are net/http's to add.
  std::string body;
};

}  // namespace quadraft::http

#endif  // QUADRAFT_CORE_HTTP_MESSAGE_H_
