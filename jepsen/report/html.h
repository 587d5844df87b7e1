// A report as one self-contained HTML page: no network, no other file. Operations are bars per
// process on an axis of events or time, with the points of the order that was found, the operation
// that no order could place, the faults meanwhile, and the anomalies with their cycles.
//
// The page is a template (page.html, page.css, page.js) and the data as JSON. Nothing of the
// history is ever markup: in the head it is escaped, in the data '<' is \u003c, and the script
// writes text only.
//
//   std::ofstream(path) << ToHtml({.title = "etcd_000.log", .model = "cas-register"}, history,
//   report);
#ifndef QUADRAFT_JEPSEN_REPORT_HTML_H_
#define QUADRAFT_JEPSEN_REPORT_HTML_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/report/report.h"

namespace quadraft::jepsen {

// Longer texts (a key that grew for an hour) are shown with their middle left out, and say so.
inline constexpr size_t kPageTextMax = 4096;
inline constexpr size_t kPageStateMax = 400;

struct PageHead {
  std::string title;
  std::string model;
};

// The error when the history's events do not pair up.
StatusOr<std::string> ToHtml(const PageHead& head, const History& history, const Report& report);

// & < > " and ' as entities.
std::string EscapeHtml(std::string_view text);
// At most `bytes_max` bytes and the note that bytes are missing; cuts between UTF-8 characters.
std::string Shorten(std::string_view text, size_t bytes_max);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REPORT_HTML_H_
