#include "jepsen/txn/assemble.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/txn/consistency.h"
#include "jepsen/txn/cycle_search.h"
#include "jepsen/txn/cycle_svg.h"
#include "jepsen/txn/sub_graph.h"

namespace quadraft::jepsen {
namespace {

std::string Join(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) StrAppend(&out, out.empty() ? "" : between, word);
  return out;
}

std::string_view Plural(size_t count, std::string_view ending = "s") {
  return count == 1 ? std::string_view() : ending;
}

// "0.013 s": milliseconds of a difference of nanoseconds.
std::string Seconds(int64_t nanoseconds) {
  const int64_t ms = nanoseconds / 1'000'000;
  const std::string rest = StrCat(1000 + ms % 1000);
  return StrCat(ms / 1000, ".", rest.substr(1), " s");
}

// Tells one cycle.
class Teller {
 public:
  Teller(const TxnHistory& history, const WhyEdge& why, const FoundCycle& cycle)
      : history_(history), why_(why), cycle_(cycle) {}

  ReportAnomaly Tell() const {
    const auto& steps = cycle_.steps;
    ReportAnomaly anomaly;
    anomaly.name = cycle_.name;
    CycleDrawing drawing;
    drawing.title = cycle_.name;
    std::string let;
    std::string then;
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t next = (i + 1) % steps.size();
      const std::string why = WhyStep(i);
      const std::string text = history_.TxnText(steps[i].txn);
      anomaly.operations.push_back(steps[i].txn);
      anomaly.edges.push_back(
          {steps[i].txn, steps[next].txn, std::string(Name(steps[i].kind)), why});
      drawing.boxes.push_back({NameOfTxn(i), text});
      drawing.arrows.push_back({i, next, std::string(Name(steps[i].kind)), why});
      // Of a long cycle the middle is left out.
      const bool shown = i < kShown || i + 1 == steps.size();
      if (i == kShown && !shown) {
        StrAppend(&let, "... ", steps.size() - kShown - 1, " more transactions\n");
        StrAppend(&then, "... and so on\n");
      }
      if (!shown) continue;
      StrAppend(&let, NameOfTxn(i), " = ", text, "\n");
      StrAppend(&then, i + 1 == steps.size() ? "However, " : "", NameOfTxn(i), " < ",
                NameOfTxn(next), ", because ", why,
                i + 1 == steps.size() ? ": a contradiction.\n" : ";\n");
    }
    anomaly.what = let + then;
    if (!cycle_.is_shortest) {
      anomaly.what += "(There may be a shorter cycle: the search reached its bound.)\n";
    }
    anomaly.svg = DrawCycle(drawing);
    return anomaly;
  }

 private:
  static constexpr size_t kShown = 24;

  static std::string NameOfTxn(size_t i) { return StrCat("T", i + 1); }

  std::string WhyStep(size_t i) const {
    const auto& steps = cycle_.steps;
    const size_t next = (i + 1) % steps.size();
    const uint32_t from = steps[i].txn;
    const uint32_t to = steps[next].txn;
    const std::string a = NameOfTxn(i);
    const std::string b = NameOfTxn(next);
    if (steps[i].kind == EdgeKind::kProcess) {
      return StrCat("process ", history_.processes()[history_.txn(from).process], " ran ", a,
                    " before ", b);
    }
    if (steps[i].kind == EdgeKind::kRealtime) {
      const int64_t gap = history_.invoke_time(to) - history_.complete_time(from);
      return StrCat(a, " completed (event ", history_.txn(from).completed, ")",
                    gap > 0 ? StrCat(" ", Seconds(gap)) : "", " before ", b, " was invoked (event ",
                    history_.txn(to).invoked, ")");
    }
    return why_(from, to, steps[i].kind, a, b);
  }

  const TxnHistory& history_;
  const WhyEdge& why_;
  const FoundCycle& cycle_;
};

void AppendIndented(std::string_view text, std::string* out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    StrAppend(out, "  ", text.substr(0, end), "\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string Explain(const TxnReport& report) {
  std::string out = StrCat("not ", Join(report.not_models, ", "), "\n");
  if (!report.also_not.empty()) StrAppend(&out, "also not ", Join(report.also_not, ", "), "\n");
  for (const TxnReport::Count& count : report.counts) {
    StrAppend(&out, count.anomaly, ": ", count.cases, " case", Plural(count.cases),
              count.prohibited ? "" : " (allowed here)", "\n");
    if (!count.prohibited) continue;
    for (const ReportAnomaly& anomaly : report.anomalies) {
      if (anomaly.name == count.anomaly) AppendIndented(anomaly.what, &out);
    }
  }
  return out;
}

}  // namespace

void AddCycles(const TxnHistory& history, const DepGraph& graph, const TxnOptions& options,
               const WhyEdge& why, CaseList* cases) {
  ImpliedNames implied;
  for (const std::vector<uint32_t>& members : CyclicComponents(graph)) {
    const SubGraph component(graph, members);
    for (const FoundCycle& cycle : FindCycles(component, options.search_steps_max, &implied)) {
      if (cases->Count(cycle.name)) cases->Keep(Teller(history, why, cycle).Tell());
    }
  }
}

TxnReport Assemble(const TxnHistory& history, const DepGraph& graph, const TxnOptions& options,
                   CaseList cases) {
  TxnReport report;
  report.transactions = history.size();
  report.edges = graph.edges();
  std::set<std::string> prohibited = AnomaliesProhibitedBy(options.consistency);
  prohibited.merge(AnomaliesImplying(options.anomalies));
  std::vector<std::string> names;
  for (auto& [name, kind] : *cases.mutable_kinds()) {
    names.push_back(name);
    report.counts.push_back({name, kind.count, prohibited.contains(name)});
    for (ReportAnomaly& anomaly : kind.kept) report.anomalies.push_back(std::move(anomaly));
  }
  std::sort(report.counts.begin(), report.counts.end(),
            [](const auto& a, const auto& b) { return IsWorse(a.anomaly, b.anomaly); });
  std::stable_sort(report.anomalies.begin(), report.anomalies.end(),
                   [](const auto& a, const auto& b) { return IsWorse(a.name, b.name); });
  Boundary boundary = BoundaryOf(names);
  report.not_models = std::move(boundary.not_models);
  report.also_not = std::move(boundary.also_not);
  const bool bad = std::any_of(report.counts.begin(), report.counts.end(),
                               [](const TxnReport::Count& count) { return count.prohibited; });
  std::string asked = Join(options.consistency, "+");
  if (asked.empty()) asked = "valid";
  report.outcome = bad ? Outcome::kBad : Outcome::kGood;
  report.verdict = bad ? StrCat("NOT-", asked) : asked;
  report.summary = StrCat(history.size(), " transaction", Plural(history.size()), ", ",
                          graph.edges(), " dependenc", graph.edges() == 1 ? "y" : "ies");
  std::string found;
  for (const TxnReport::Count& count : report.counts) {
    StrAppend(&found, found.empty() ? "" : " ", count.anomaly);
  }
  if (!found.empty()) StrAppend(&report.summary, ", ", found);
  if (bad) report.explanation = Explain(report);
  return report;
}

TxnReport CannotJudge(Status error) {
  TxnReport report;
  report.outcome = Outcome::kUnknown;
  report.verdict = "unknown";
  report.error = std::move(error);
  return report;
}

Status ToStatus(const Report& report) {
  if (!report.error.ok()) return report.error;
  if (report.outcome == Outcome::kGood) return OkStatus();
  return FailedPrecondition(report.verdict, " (", report.summary, ")\n", report.explanation);
}

}  // namespace quadraft::jepsen
