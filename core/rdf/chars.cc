#include "core/rdf/chars.h"

#include <cstring>

namespace quadraft::rdf {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// PN_CHARS_BASE beyond ASCII (Turtle 1.1, production 163s).
constexpr Range kBaseRanges[] = {
    {0x00C0, 0x00D6}, {0x00D8, 0x00F6}, {0x00F8, 0x02FF}, {0x0370, 0x037D},
    {0x037F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};

constexpr uint8_t kContinuationLow = 0x80;
constexpr uint8_t kContinuationHigh = 0xBF;

}  // namespace

bool IsPnCharsBase(char32_t c) {
  if (c < 0x80) return IsAsciiLetter(static_cast<char>(c));
  for (const Range& range : kBaseRanges) {
    if (c < range.first) return false;
    if (c <= range.last) return true;
  }
  return false;
}

bool IsPnChars(char32_t c) {
  if (c < 0x80) return IsNameAscii(static_cast<char>(c));
  return c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F || c == 0x2040 || IsPnCharsBase(c);
}

int DecodeUtf8(const char* p, const char* end, char32_t* c) {
  const auto lead = static_cast<uint8_t>(*p);
  if (lead < 0x80) {
    *c = lead;
    return 1;
  }
  // The Unicode Standard, table 3-7: only the second byte's range depends on the first.
  uint8_t low = kContinuationLow, high = kContinuationHigh;
  int length;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    *c = lead & 0x1F;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3;
    *c = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;   // Overlong below.
    if (lead == 0xED) high = 0x9F;  // Surrogates above.
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    *c = lead & 0x07;
    if (lead == 0xF0) low = 0x90;   // Overlong below.
    if (lead == 0xF4) high = 0x8F;  // Beyond U+10FFFF above.
  } else {
    return 0;
  }
  for (int i = 1; i < length; ++i) {
    if (p + i >= end) return -1;
    const auto byte = static_cast<uint8_t>(p[i]);
    if (byte < low || byte > high) return 0;
    *c = (*c << 6) | (byte & 0x3F);
    low = kContinuationLow;
    high = kContinuationHigh;
  }
  return length;
}

void AppendUtf8(std::string* out, char32_t c) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
    return;
  }
  if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
  } else {
    if (c < 0x10000) {
      out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    } else {
      out->push_back(static_cast<char>(0xF0 | (c >> 18)));
      out->push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    }
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
  }
  out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
}

size_t FindInvalidUtf8(std::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = begin;
  while (p < end) {
    uint64_t eight;
    if (end - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080808080808080u) == 0)) {
      p += 8;
      continue;
    }
    char32_t c;
    const int length = DecodeUtf8(p, end, &c);
    if (length <= 0) return static_cast<size_t>(p - begin);
    p += length;
  }
  return std::string_view::npos;
}

}  // namespace quadraft::rdf
