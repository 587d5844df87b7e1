// The verdict on linearizability as a Report: for `quadraft check` and its page.
#ifndef QUADRAFT_JEPSEN_LINEAR_REPORT_LINEAR_H_
#define QUADRAFT_JEPSEN_LINEAR_REPORT_LINEAR_H_

#include "jepsen/history/history.h"
#include "jepsen/linear/checker.h"
#include "jepsen/linear/model.h"
#include "jepsen/report/report.h"

namespace quadraft::jepsen {

// `with_parts`: also fills Report::parts, for the page.
Report ReportLinearizability(const History& history, const Model& model, const Limits& limits,
                             bool with_parts);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_REPORT_LINEAR_H_
