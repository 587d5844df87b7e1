#include "jepsen/linear/report_linear.h"

#include <utility>

#include "core/base/strings.h"

namespace quadraft::jepsen {
namespace {

std::string_view Plural(uint64_t count) { return count == 1 ? "" : "s"; }

Outcome OutcomeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return Outcome::kGood;
    case Verdict::kViolation:
      return Outcome::kBad;
    case Verdict::kUnknown:
      break;
  }
  return Outcome::kUnknown;
}

}  // namespace

Report ReportLinearizability(const History& history, const Model& model, const Limits& limits,
                             bool) {
  CheckResult result = CheckLinearizable(history, model, limits);
  Report report;
  report.outcome = OutcomeOf(result.verdict);
  report.verdict = Name(result.verdict);
  report.summary = StrCat(result.operations, " operation", Plural(result.operations), ", ",
                          result.partitions, " object", Plural(result.partitions), ", ",
                          result.configurations, " configuration", Plural(result.configurations));
  report.explanation = std::move(result.explanation);
  report.error = std::move(result.error);
  return report;
}

}  // namespace quadraft::jepsen
