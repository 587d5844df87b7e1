#include "jepsen/linear/report_linear.h"

#include <algorithm>
#include <utility>
#include <vector>

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

// Where on the axis of events each of an order's operations may take effect: midway between the
// earliest and the latest place that the order leaves it, so that points neither crowd at the
// invokes nor at the returns; before event `end`. Points in the same gap are spread over it.
std::vector<double> Places(const std::vector<Operation>& operations,
                           const std::vector<size_t>& order, size_t end) {
  std::vector<size_t> earliest(order.size());
  std::vector<double> places(order.size());
  size_t at = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    at = std::max(at, operations[order[i]].invoked);
    earliest[i] = at;
  }
  size_t latest = end == 0 ? 0 : end - 1;
  for (size_t i = order.size(); i-- > 0;) {
    const Operation& operation = operations[order[i]];
    if (operation.outcome == EventType::kOk) latest = std::min(latest, operation.completed - 1);
    // An invoke at event n and a return at n + 1 leave the gap after n.
    places[i] = static_cast<double>((earliest[i] + std::max(earliest[i], latest)) / 2);
  }
  for (size_t first = 0; first < places.size();) {
    size_t last = first;
    while (last < places.size() && places[last] == places[first]) ++last;
    const double step = 1.0 / static_cast<double>(last - first + 1);
    for (size_t i = first; i < last; ++i) places[i] += step * static_cast<double>(i - first + 1);
    first = last;
  }
  return places;
}

ReportPart PartOf(const std::vector<Operation>& operations, size_t events, ObjectResult object) {
  ReportPart part;
  part.name = std::move(object.name);
  part.outcome = OutcomeOf(object.verdict);
  part.operations = std::move(object.operations);
  part.initial = std::move(object.initial);
  // What could be ordered comes before the return of the operation that could not.
  const size_t end =
      object.stuck.empty() ? events : operations[object.stuck[0].operation].completed;
  const std::vector<double> places = Places(operations, object.order, end);
  for (size_t i = 0; i < object.order.size(); ++i) {
    part.points.push_back({object.order[i], places[i], std::move(object.states[i])});
  }
  for (size_t i = 0; i < object.stuck.size(); ++i) {
    part.stuck.push_back({object.stuck[i].operation, std::move(object.stuck[i].why), i == 0});
  }
  part.explanation = std::move(object.explanation);
  return part;
}

}  // namespace

Report ReportLinearizability(const History& history, const Model& model, const Limits& limits,
                             bool with_parts) {
  CheckResult result = CheckLinearizable(history, model, limits,
                                         with_parts ? Evidence::kOrders : Evidence::kVerdict);
  Report report;
  report.outcome = OutcomeOf(result.verdict);
  report.verdict = Name(result.verdict);
  report.summary = StrCat(result.operations, " operation", Plural(result.operations), ", ",
                          result.partitions, " object", Plural(result.partitions), ", ",
                          result.configurations, " configuration", Plural(result.configurations));
  report.explanation = std::move(result.explanation);
  report.error = std::move(result.error);
  const auto operations = history.Operations();
  for (ObjectResult& object : result.objects) {
    report.parts.push_back(PartOf(*operations, history.size(), std::move(object)));
  }
  return report;
}

}  // namespace quadraft::jepsen
