#include "jepsen/txn/judge.h"

#include <algorithm>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::jepsen {

std::vector<Moment> Moments(const std::vector<Operation>& operations) {
  std::vector<std::pair<size_t, Moment>> placed;
  for (size_t i = 0; i < operations.size(); ++i) {
    placed.push_back({operations[i].invoked, {i, true}});
    if (operations[i].completed != Operation::kNever) {
      placed.push_back({operations[i].completed, {i, false}});
    }
  }
  std::sort(placed.begin(), placed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Moment> moments;
  moments.reserve(placed.size());
  for (const auto& [event, moment] : placed) moments.push_back(moment);
  return moments;
}

std::vector<size_t> OkInOrder(const std::vector<Operation>& operations, std::string_view f) {
  std::vector<size_t> found;
  for (size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].outcome == EventType::kOk && operations[i].f == f) found.push_back(i);
  }
  std::sort(found.begin(), found.end(),
            [&](size_t a, size_t b) { return operations[a].completed < operations[b].completed; });
  return found;
}

Report Judge(std::string_view model, std::string summary, CaseList cases) {
  Report report;
  report.summary = std::move(summary);
  report.verdict = StrCat("a ", model);
  if (cases.kinds().empty()) return report;
  report.outcome = Outcome::kBad;
  report.verdict = StrCat("NOT a ", model);
  for (auto& [name, kind] : *cases.mutable_kinds()) {
    StrAppend(&report.summary, ", ", name);
    StrAppend(&report.explanation, name, ": ", kind.count, kind.count == 1 ? " case" : " cases",
              "\n");
    for (ReportAnomaly& anomaly : kind.kept) {
      StrAppend(&report.explanation, "  ", anomaly.what, "\n");
      report.anomalies.push_back(std::move(anomaly));
    }
  }
  return report;
}

Report NothingRead(std::string_view model) {
  Report report;
  report.outcome = Outcome::kUnknown;
  report.verdict = "unknown";
  report.summary = StrCat("a ", model, " that nobody read");
  report.explanation = "there is no read that ended in ok, so nothing can be said\n";
  return report;
}

Report NotThisWorkload(Status error) {
  Report report;
  report.outcome = Outcome::kUnknown;
  report.verdict = "unknown";
  report.error = std::move(error);
  return report;
}

}  // namespace quadraft::jepsen
