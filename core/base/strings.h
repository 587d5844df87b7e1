// Concatenation and the bridge to Abseil's own string_view.
//
// Debian builds Abseil as C++14, so absl::string_view is a class of its own. Our code speaks std::string_view; Absl() and
// Std() convert at the border. StrCat takes std::string_view, numbers, chars, bools and strong ids.
#ifndef QUADRAFT_CORE_BASE_STRINGS_H_
#define QUADRAFT_CORE_BASE_STRINGS_H_

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace quadraft {

inline absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

namespace strings_internal {

inline void AppendPiece(std::string& out, std::string_view text) { out.append(text); }
inline void AppendPiece(std::string& out, absl::string_view text) {
  out.append(text.data(), text.size());
}
inline void AppendPiece(std::string& out, const std::string& text) { out.append(text); }
inline void AppendPiece(std::string& out, const char* text) { out.append(text); }
inline void AppendPiece(std::string& out, char c) { out.push_back(c); }
inline void AppendPiece(std::string& out, bool b) { out.append(b ? "true" : "false"); }
template <typename T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>)
void AppendPiece(std::string& out, T number) {
  char digits[64];
  const auto result = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, result.ptr);
}
template <typename Tag>
void AppendPiece(std::string& out, StrongId<Tag> id) {
  AppendPiece(out, id.value());
}

}  // namespace strings_internal

template <typename... Pieces>
void StrAppend(std::string* out, const Pieces&... pieces) {
  (strings_internal::AppendPiece(*out, pieces), ...);
}

template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  std::string out;
  StrAppend(&out, pieces...);
  return out;
}

// Lower-case hexadecimal of every byte.
std::string HexEncode(std::string_view bytes);

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_STRINGS_H_
