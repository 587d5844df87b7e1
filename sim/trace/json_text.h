// JSON (RFC 8259) that may also stand inside a <script> of an HTML page: '<', '>' and '&' are
// written as escapes, so that no text of a run can end the script or begin a comment. Bytes that
// are no UTF-8 become U+FFFD.
//
//   std::string out;  AppendJson(&out, "a </script>");      // "a \u003c/script\u003e"
#ifndef QUADRAFT_SIM_TRACE_JSON_TEXT_H_
#define QUADRAFT_SIM_TRACE_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace quadraft::sim {

void AppendJson(std::string* out, std::string_view text);

// The same for text of an HTML element.
std::string EscapedHtml(std::string_view text);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_JSON_TEXT_H_
