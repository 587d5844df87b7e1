#include "core/rdf/scan.h"

namespace quadraft::rdf {

int StartsLabel(const char* p, const char* end) {
  if (p == end) return -1;
  char32_t c;
  const int length = DecodeUtf8(p, end, &c);
  if (length <= 0) return length;
  return IsPnCharsU(c) || (c < 0x80 && IsAsciiDigit(*p));
}

const char* SkipNameAndDots(const char* p, const char* end) {
  while (true) {
    while (p < end && (IsNameAscii(*p) || *p == '.')) ++p;
    if (p == end || !IsNonAscii(*p)) return p;
    char32_t c;
    const int length = DecodeUtf8(p, end, &c);
    if (length <= 0 || !IsPnChars(c)) return p;
    p += length;
  }
}

const char* FindTagError(const char* p, const char* end) {
  bool first = true;
  while (true) {
    const char* const part = p;
    while (p < end && *p != '-') {
      if (first && !IsAsciiLetter(*p)) return p;
      ++p;
    }
    if (p == part) return p;
    if (p == end) return nullptr;
    first = false;
    ++p;
  }
}

}  // namespace quadraft::rdf
