#include "sparql/functions/unicode.h"

#include <cstdint>

namespace quadraft::sparql {

namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Scripts whose lower case lies a fixed distance above upper case; [low, high] is the upper-case range.
struct ShiftedRange {
  char32_t low, high;
  char32_t distance;
};
constexpr ShiftedRange kShifted[] = {
    {'A', 'Z', 32},       {0xC0, 0xD6, 32},     {0xD8, 0xDE, 32},  {0x388, 0x38A, 37}, {0x391, 0x3A1, 32},
    {0x3A3, 0x3AB, 32},   {0x400, 0x40F, 80},   {0x410, 0x42F, 32}, {0x531, 0x556, 48},
};
// Where upper and lower case alternate; `even`: upper case has the even code points.
struct PairedRange {
  char32_t low, high;
  bool even;
};
constexpr PairedRange kPaired[] = {
    {0x100, 0x12F, true},  {0x132, 0x137, true},  {0x139, 0x148, false}, {0x14A, 0x177, true}, {0x179, 0x17E, false},
    {0x1CD, 0x1DC, false}, {0x1DE, 0x1EF, true},  {0x1F8, 0x21F, true},  {0x222, 0x233, true}, {0x370, 0x373, true},
    {0x3D8, 0x3EF, true},  {0x460, 0x481, true},  {0x48A, 0x4BF, true},  {0x4C1, 0x4CE, false}, {0x4D0, 0x52F, true},
    {0x1E00, 0x1E95, true}, {0x1EA0, 0x1EFF, true},
};
struct Single {
  char32_t upper, lower;
};
constexpr Single kSingles[] = {{0x178, 0xFF}, {0x386, 0x3AC}, {0x38C, 0x3CC}, {0x38E, 0x3CD}, {0x38F, 0x3CE}, {0x4C0, 0x4CF}};

char32_t Mapped(char32_t c, bool upper) {
  for (const ShiftedRange& range : kShifted) {
    if (upper && c >= range.low + range.distance && c <= range.high + range.distance) {
      return c == 0x3C2 ? 0x3A3 : c - range.distance;
    }
    if (!upper && c >= range.low && c <= range.high) return c + range.distance;
  }
  for (const PairedRange& range : kPaired) {
    if (c < range.low || c > range.high) continue;
    const bool is_upper = (c % 2 == 0) == range.even;
    if (is_upper == upper) return c;
    return upper ? c - 1 : c + 1;
  }
  for (const Single& single : kSingles) {
    if (upper && c == single.lower) return single.upper;
    if (!upper && c == single.upper) return single.lower;
  }
  return c;
}

size_t SequenceLength(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4; }

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xe0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

std::string MapCase(std::string_view text, bool upper) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const size_t length = SequenceLength(lead);
    if (length == 4 || i + length > text.size()) {  // Nothing mapped beyond the basic plane.
      out.append(text.substr(i, length));
    } else {
      char32_t c = lead;
      if (length == 2) c = lead & 0x1f;
      if (length == 3) c = lead & 0x0f;
      for (size_t j = 1; j < length; ++j) c = (c << 6) | (static_cast<unsigned char>(text[i + j]) & 0x3f);
      AppendUtf8(Mapped(c, upper), &out);
    }
    i += length;
  }
  return out;
}

}  // namespace

size_t CodePointCount(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += !IsContinuation(c);
  return count;
}

std::string_view CodePointSubstring(std::string_view text, size_t start, size_t length) {
  const auto skip = [&text](size_t at, size_t count) {
    while (count > 0 && at < text.size()) {
      ++at;
      while (at < text.size() && IsContinuation(text[at])) ++at;
      --count;
    }
    return at;
  };
  const size_t begin = skip(0, start);
  return text.substr(begin, skip(begin, length) - begin);
}

std::string UpperCase(std::string_view text) { return MapCase(text, true); }
std::string LowerCase(std::string_view text) { return MapCase(text, false); }

}  // namespace quadraft::sparql
