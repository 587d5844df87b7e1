// Small things that the EDN and the JSON reader share.
#ifndef QUADRAFT_JEPSEN_HISTORY_TEXT_H_
#define QUADRAFT_JEPSEN_HISTORY_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft::jepsen {

// InvalidArgument("line 3, column 7: what"); columns count bytes, both count from 1.
inline Status ErrorAt(std::string_view text, size_t position, std::string_view what) {
  const std::string_view before = text.substr(0, position);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return InvalidArgument("line ", line, ", column ", before.size() - line_start + 1, ": ", what);
}

inline void AppendUtf8(uint32_t code, std::string* out) {
  const auto tail = [out](uint32_t bits) {
    out->push_back(static_cast<char>(0x80 | (bits & 0x3f)));
  };
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code >> 6));
    tail(code);
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code >> 12));
    tail(code >> 6);
    tail(code);
  } else {
    out->push_back(static_cast<char>(0xf0 | code >> 18));
    tail(code >> 12);
    tail(code >> 6);
    tail(code);
  }
}

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_HISTORY_TEXT_H_
