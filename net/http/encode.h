// Heads of requests and responses as bytes (RFC 9112 sections 3, 4).
#ifndef QUADRAFT_NET_HTTP_ENCODE_H_
#define QUADRAFT_NET_HTTP_ENCODE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"

namespace quadraft::http {

// "OK" for 200; "Unknown" for a status without a name.
std::string_view ReasonPhrase(int status);

// How the length of a response's body is told.
struct Framing {
  enum Kind { kLength, kChunked, kUntilClose, kNone };
  Kind kind = kNone;
  uint64_t length = 0;  // kLength.
};
std::string EncodeResponseHead(int status, const Headers& headers, Framing framing, bool keep_alive);

// The head of `request` with Host, and Content-Length when there is a body or the method expects one.
std::string EncodeRequestHead(const Request& request, std::string_view host);

}  // namespace quadraft::http

#endif  // QUADRAFT_NET_HTTP_ENCODE_H_
