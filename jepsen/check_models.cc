#include "jepsen/check_models.h"

#include <algorithm>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/linear/report_linear.h"

namespace quadraft::jepsen {
namespace {

Report CannotRun(Status error) {
  Report report;
  report.outcome = Outcome::kUnknown;
  report.verdict = Name(Verdict::kUnknown);
  report.error = std::move(error);
  return report;
}

Report RunLinear(const ModelRow& row, const History& history, const CheckOptions& options) {
  const auto model = MakeModel(row.name, options.initial);
  if (!model.ok()) return CannotRun(model.status());
  return ReportLinearizability(history, **model, options.limits, options.wants_page());
}

}  // namespace

const std::vector<ModelRow>& ModelRows() {
  static const std::vector<ModelRow>* const rows = [] {
    auto* all = new std::vector<ModelRow>;
    for (const NamedModel& model : NamedModels()) {
      all->push_back({model.name, model.what, RunLinear});
    }
    return all;
  }();
  return *rows;
}

const ModelRow* FindModel(std::string_view name) {
  const auto& rows = ModelRows();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [name](const ModelRow& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

std::string DescribeModels() {
  size_t width = 0;
  for (const ModelRow& row : ModelRows()) width = std::max(width, row.name.size());
  std::string out;
  for (const ModelRow& row : ModelRows()) {
    StrAppend(&out, "  ", row.name, std::string(width + 2 - row.name.size(), ' '), row.what, "\n");
  }
  return out;
}

}  // namespace quadraft::jepsen
