// Characters: UTF-8, and the name classes that Turtle 1.1 (section 6.5) and SPARQL 1.1
// (section 19.8) share.
//
//   char32_t c;
//   int n = DecodeUtf8(p, end, &c);   // n > 0: c took n bytes; 0: not UTF-8; -1: well so far, but
//   `end` cuts it if (n > 0 && IsPnCharsBase(c)) ...
//
// The tables are built at compile time. A byte from 0x80 on is in no ASCII class but kIriByte: look
// at it with DecodeUtf8.
#ifndef QUADRAFT_CORE_RDF_CHARS_H_
#define QUADRAFT_CORE_RDF_CHARS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quadraft::rdf {

constexpr bool IsAsciiLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

namespace chars_internal {
enum : uint8_t { kIriByte = 1, kNameAscii = 2, kNameStartAscii = 4, kHexDigit = 8 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    uint8_t bits = 0;
    if (i > 0x20 && std::string_view("<>\"{}|^`\\").find(c) == std::string_view::npos) {
      bits |= kIriByte;
    }
    if (IsAsciiLetter(c)) bits |= kNameStartAscii;
    if (IsAsciiLetter(c) || IsAsciiDigit(c) || c == '_' || c == '-') bits |= kNameAscii;
    if (IsAsciiDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHexDigit;
    classes[i] = bits;
  }
  return classes;
}
inline constexpr std::array<uint8_t, 256> kClasses = MakeClasses();
constexpr bool Is(char c, uint8_t bits) { return kClasses[static_cast<uint8_t>(c)] & bits; }
}  // namespace chars_internal

// May stand unescaped in IRIREF, as far as one byte can tell.
constexpr bool IsIriByte(char c) { return chars_internal::Is(c, chars_internal::kIriByte); }
// PN_CHARS below 0x80: letters, digits, '_', '-'.
constexpr bool IsNameAscii(char c) { return chars_internal::Is(c, chars_internal::kNameAscii); }
constexpr bool IsHexDigit(char c) { return chars_internal::Is(c, chars_internal::kHexDigit); }
constexpr bool IsNonAscii(char c) { return static_cast<uint8_t>(c) >= 0x80; }

bool IsPnCharsBase(char32_t c);  // Letters of every script.
inline bool IsPnCharsU(char32_t c) { return c == '_' || IsPnCharsBase(c); }
bool IsPnChars(char32_t c);  // Also digits, '-', and combining marks: not at the start of a name.

// One character at p < end. Refuses overlong forms, surrogates and anything above U+10FFFF.
int DecodeUtf8(const char* p, const char* end, char32_t* c);
void AppendUtf8(std::string* out, char32_t c);  // `c` must be a scalar value (see IsScalarValue).
constexpr bool IsScalarValue(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }
// Where the first byte stands that is not part of well-formed UTF-8, or npos.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_CHARS_H_
