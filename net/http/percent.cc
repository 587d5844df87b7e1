#include "net/http/percent.h"

#include <algorithm>
#include <charconv>

namespace quadraft::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

StatusOr<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return InvalidArgument("bad percent-encoding at byte ", i + 1, ": '",
                               text.substr(i, 3), "'");
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

}  // namespace

StatusOr<std::string> PercentDecode(std::string_view text) { return Decode(text, false); }

std::string PercentEncode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

StatusOr<FormFields> ParseForm(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.empty()) continue;
    if (fields.size() == kFormFieldsMax) {
      return ResourceExhausted("more than ", kFormFieldsMax, " form fields");
    }
    const size_t equals = std::min(field.find('='), field.size());
    QR_ASSIGN_OR_RETURN(std::string name, Decode(field.substr(0, equals), true));
    QR_ASSIGN_OR_RETURN(std::string value,
                        Decode(field.substr(std::min(equals + 1, field.size())), true));
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

StatusOr<Url> ParseUrl(std::string_view text) {
  std::string_view rest = text;
  if (const size_t scheme = rest.find("://"); scheme != rest.npos) {
    if (rest.substr(0, scheme) != "http") {
      return InvalidArgument("only http:// URLs are supported: ", text);
    }
    rest.remove_prefix(scheme + 3);
  }
  rest = rest.substr(0, rest.find('#'));
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  if (authority.find('@') != authority.npos) {
    return InvalidArgument("no user information in a URL: ", text);
  }
  const size_t bracket = authority.rfind(']');
  size_t colon = authority.rfind(':');
  if (colon != authority.npos && bracket != authority.npos && colon < bracket) {
    colon = authority.npos;  // Inside [an IPv6 address].
  }
  if (authority.substr(0, colon).empty()) return InvalidArgument("no host in ", text);
  Url url;
  if (colon == authority.npos) {
    url.address = StrCat(authority, ":80");
  } else {
    const std::string_view digits = authority.substr(colon + 1);
    uint16_t port = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return InvalidArgument("bad port in ", text);
    }
    url.address = std::string(authority);
  }
  const size_t question = std::min(rest.find('?'), rest.size());
  url.path = std::string(rest.substr(0, question));
  if (url.path.empty()) url.path = "/";
  if (question < rest.size()) url.query = std::string(rest.substr(question + 1));
  return url;
}

}  // namespace quadraft::http
