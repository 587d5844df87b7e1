// Scanning shared by the line reader and the Turtle lexer. Internal to core/rdf. Every function
// runs from `p` to at most `end`.
#ifndef QUADRAFT_CORE_RDF_SCAN_H_
#define QUADRAFT_CORE_RDF_SCAN_H_

#include "core/rdf/chars.h"

namespace quadraft::rdf {

// Over bytes that may stand in IRIREF; `*high` gathers the bits of all of them (from 0x80 on: there
// is non-ASCII).
inline const char* SkipIriBytes(const char* p, const char* end, uint8_t* high) {
  while (p < end && IsIriByte(*p)) *high |= static_cast<uint8_t>(*p++);
  return p;
}

// Over ASCII letters, digits and '-': what a language tag is made of.
inline const char* SkipTagBytes(const char* p, const char* end) {
  while (p < end && (IsAsciiLetter(*p) || IsAsciiDigit(*p) || *p == '-')) ++p;
  return p;
}

// The first character of [p, end) is PN_CHARS_U or a digit: a blank node label may start here. 1,
// 0, or -1: cut by `end`.
int StartsLabel(const char* p, const char* end);

// Over PN_CHARS and '.'; stops at anything else, also at a character that `end` cuts.
const char* SkipNameAndDots(const char* p, const char* end);

// `end` of a name without the dots at its end, which are not its own.
inline const char* TrimDots(const char* begin, const char* end) {
  while (end > begin && end[-1] == '.') --end;
  return end;
}

// Where LANGTAG ([a-zA-Z]+ ('-' [a-zA-Z0-9]+)*, without the '@') is broken inside [p, end), or
// null.
const char* FindTagError(const char* p, const char* end);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_SCAN_H_
