// Percent-encoding (RFC 3986 section 2.1), HTML form fields (application/x-www-form-urlencoded) and http URLs.
//
//   for (auto& [name, value] : *ParseForm("query=ASK%7B%7D&timeout=5")) ...
#ifndef QUADRAFT_NET_HTTP_PERCENT_H_
#define QUADRAFT_NET_HTTP_PERCENT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace quadraft::http {

inline constexpr size_t kFormFieldsMax = 1024;

// "%7B" becomes "{"; '+' stays '+'. InvalidArgument: '%' without two hexadecimal digits.
StatusOr<std::string> PercentDecode(std::string_view text);

// Everything but RFC 3986's unreserved characters (letters, digits, "-._~") becomes %XX.
std::string PercentEncode(std::string_view text);

// The fields of a query string or form body in order, decoded; '+' is a space; a field without '=' has an empty value.
// InvalidArgument: bad percent-encoding. ResourceExhausted: more than kFormFieldsMax fields.
using FormFields = std::vector<std::pair<std::string, std::string>>;
StatusOr<FormFields> ParseForm(std::string_view text);

// What a client needs of "http://host:port/path?query".
struct Url {
  std::string address;  // "host:port" for Network::Connect; port 80 when none was given.
  std::string path;     // "/" when empty; still percent-encoded.
  std::string query;    // After '?'.
};
// "host:port" alone is accepted, too. InvalidArgument: another scheme, user information, no host, a bad port.
StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace quadraft::http

#endif  // QUADRAFT_NET_HTTP_PERCENT_H_
