#include "core/rdf/escape.h"

#include "core/rdf/chars.h"
#include "core/rdf/iri.h"

namespace quadraft::rdf {
namespace {

constexpr bool NeedsEscape(char c) { return c == '"' || c == '\\' || c == '\n' || c == '\r'; }

// `hex` in [0-9A-Fa-f], or -1.
int HexValue(char hex) {
  if (IsAsciiDigit(hex)) return hex - '0';
  if (!IsHexDigit(hex)) return -1;
  return (hex | 0x20) - 'a' + 10;
}

// The scalar value of `digits` hexadecimal digits at the front of `text`, or false.
bool ParseCodePoint(std::string_view text, size_t digits, char32_t* c) {
  if (text.size() < digits) return false;
  *c = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int value = HexValue(text[i]);
    if (value < 0 || *c > 0x10FFFF) return false;
    *c = (*c << 4) | static_cast<char32_t>(value);
  }
  return IsScalarValue(*c);
}

// The character that \letter stands for, or 0.
char EcharValue(char letter) {
  switch (letter) {
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    case '"':
      return '"';
    case '\'':
      return '\'';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

}  // namespace

void AppendEscaped(std::string* out, std::string_view text) {
  while (true) {
    size_t at = 0;
    while (at < text.size() && !NeedsEscape(text[at])) ++at;
    out->append(text.substr(0, at));
    if (at == text.size()) return;
    out->push_back('\\');
    const char c = text[at];
    out->push_back(c == '\n' ? 'n' : c == '\r' ? 'r' : c);
    text.remove_prefix(at + 1);
  }
}

void AppendEscapedIri(std::string* out, std::string_view iri) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  while (true) {
    const size_t at = FindForbiddenInIri(iri);
    out->append(iri.substr(0, at));
    if (at == std::string_view::npos) return;
    const auto byte = static_cast<uint8_t>(iri[at]);
    out->append("\\u00").push_back(kHex[byte >> 4]);
    out->push_back(kHex[byte & 15]);
    iri.remove_prefix(at + 1);
  }
}

size_t AppendUnescaped(std::string* out, std::string_view raw, Escapes escapes) {
  size_t done = 0;
  while (true) {
    const size_t at = raw.find('\\', done);
    out->append(raw.substr(done, at - done));
    if (at == std::string_view::npos) return at;
    if (at + 1 == raw.size()) return at;
    const char letter = raw[at + 1];
    if (letter == 'u' || letter == 'U') {
      const size_t digits = letter == 'u' ? 4 : 8;
      char32_t c;
      if (!ParseCodePoint(raw.substr(at + 2), digits, &c)) return at;
      AppendUtf8(out, c);
      done = at + 2 + digits;
      continue;
    }
    const char c = escapes == Escapes::kString ? EcharValue(letter) : 0;
    if (c == 0) return at;
    out->push_back(c);
    done = at + 2;
  }
}

}  // namespace quadraft::rdf
