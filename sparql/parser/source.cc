#include "sparql/parser/source.h"

#include <algorithm>

#include "core/rdf/chars.h"

namespace quadraft::sparql {
namespace {

// The code point of `digits`, all of which must be hexadecimal; false otherwise.
bool ReadHex(std::string_view digits, char32_t* c) {
  *c = 0;
  for (const char digit : digits) {
    if (!rdf::IsHexDigit(digit)) return false;
    const int low = digit & 0x0f;
    *c = *c * 16 + static_cast<char32_t>(digit > '9' ? low + 9 : low);
  }
  return true;
}

}  // namespace

std::string LineAndColumn(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  size_t line = 1, line_start = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  size_t column = 1;
  for (size_t i = line_start; i < offset; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++column;  // Not a continuation byte.
  }
  return StrCat("line ", line, ", column ", column);
}

StatusOr<Source> Source::Make(std::string_view original) {
  if (const size_t at = rdf::FindInvalidUtf8(original); at != std::string_view::npos) {
    return InvalidArgument(LineAndColumn(original, at),
                           ": found bytes that are not UTF-8, expected UTF-8");
  }
  Source source(original);
  size_t copied = 0;
  for (size_t at = original.find('\\'); at != std::string_view::npos;
       at = original.find('\\', at)) {
    const char kind = at + 1 < original.size() ? original[at + 1] : '\0';
    if (kind != 'u' && kind != 'U') {
      at += 2;
      continue;
    }
    const size_t digits = kind == 'u' ? 4 : 8;
    char32_t c = 0;
    if (at + 2 + digits > original.size() || !ReadHex(original.substr(at + 2, digits), &c)) {
      return InvalidArgument(LineAndColumn(original, at),
                             ": found a codepoint escape cut short, expected \\", kind, " and ",
                             digits, " hexadecimal digits");
    }
    if (!rdf::IsScalarValue(c)) {
      return InvalidArgument(
          LineAndColumn(original, at), ": found a codepoint escape of no character ('",
          original.substr(at, 2 + digits), "'), expected a Unicode scalar value");
    }
    source.replaced_.append(original, copied, at - copied);
    rdf::AppendUtf8(&source.replaced_, c);
    at += 2 + digits;
    copied = at;
    source.anchors_.emplace_back(source.replaced_.size(), at);
  }
  if (copied > 0) source.replaced_.append(original, copied);
  return source;
}

std::string Source::Where(size_t offset) const {
  const auto after = std::upper_bound(
      anchors_.begin(), anchors_.end(), offset,
      [](size_t at, const std::pair<size_t, size_t>& anchor) { return at < anchor.first; });
  if (after == anchors_.begin()) return LineAndColumn(original_, offset);
  const auto& [here, there] = *(after - 1);
  return LineAndColumn(original_, there + (offset - here));
}

}  // namespace quadraft::sparql
