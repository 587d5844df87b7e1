#include "jepsen/txn/solve_levels.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/strings.h"
#include "jepsen/txn/consistency.h"
#include "jepsen/txn/cycle_svg.h"
#include "jepsen/txn/polygraph.h"
#include "jepsen/txn/saturate.h"
#include "jepsen/txn/strict_search.h"
#include "jepsen/txn/witness.h"

namespace quadraft::jepsen {
namespace {

struct Level {
  std::string_view model;
  std::string_view anomaly;
  Isolation isolation;
  Orders orders;
};

// Stronger ones before weaker ones.
const Level kLevels[] = {
    {"strict-serializable", "PL-SS-cycle-exists", Isolation::kSerializable, {false, true}},
    {"strong-session-serializable",
     "strong-session-serializable-cycle-exists",
     Isolation::kSerializable,
     {true, false}},
    {"serializable", "PL-3-cycle-exists", Isolation::kSerializable, {false, false}},
    {"strong-snapshot-isolation",
     "strong-snapshot-isolation-cycle-exists",
     Isolation::kSnapshot,
     {false, true}},
    {"strong-session-snapshot-isolation",
     "strong-session-snapshot-isolation-cycle-exists",
     Isolation::kSnapshot,
     {true, false}},
    {"snapshot-isolation", "PL-SI-cycle-exists", Isolation::kSnapshot, {false, false}},
};

class LevelSolver {
 public:
  LevelSolver(const TxnHistory& history, const VersionIndex& versions, const TxnOptions& options,
              CaseList* cases)
      : history_(history), versions_(versions), options_(options), cases_(*cases) {
    std::vector<std::string> found;
    for (const auto& [name, kind] : cases->kinds()) found.push_back(name);
    Boundary boundary = BoundaryOf(found);
    broken_ = std::move(boundary.not_models);
    broken_.insert(broken_.end(), boundary.also_not.begin(), boundary.also_not.end());
  }

  std::string Run() {
    std::string undecided;
    for (const Level& level : kLevels) {
      if (!IsAskedFor(level) || IsBroken(level) || Holds(level)) continue;
      const Decided decided = DecideLevel(level);
      if (decided.decision == Decision::kPossible) {
        held_.push_back(level.model);
      } else if (decided.decision == Decision::kImpossible) {
        // A weaker one that fails as well says more.
        std::erase_if(failed_, [&](const Failed& f) { return Implies(f.first, level.model); });
        failed_.emplace_back(level.model, Tell(level, decided));
      } else if (undecided.empty()) {
        undecided = StrCat(level.model, " is undecided: ", decided.why_unknown);
      }
    }
    for (auto& [model, anomaly] : failed_) {
      if (cases_.Count(anomaly.name)) cases_.Keep(std::move(anomaly));
    }
    return undecided;
  }

 private:
  using Failed = std::pair<std::string_view, ReportAnomaly>;

  bool IsAskedFor(const Level& level) const {
    return std::any_of(options_.consistency.begin(), options_.consistency.end(),
                       [&](const std::string& model) { return Implies(model, level.model); });
  }
  bool IsBroken(const Level& level) const {
    return std::find(broken_.begin(), broken_.end(), level.model) != broken_.end();
  }
  bool Holds(const Level& level) const {
    return std::any_of(held_.begin(), held_.end(),
                       [&](std::string_view model) { return Implies(model, level.model); });
  }

  // A serial order is also a proof of snapshot isolation, and one in real time of all.
  Decided DecideLevel(const Level& level) {
    Decided decided;
    if (!strict_.has_value()) {
      strict_ = SearchStrictOrder(history_, versions_, options_.search_steps_max);
    }
    if (strict_->answer == StrictSearch::Answer::kFound ||
        (!level.orders.realtime && FindWitness(history_, versions_, level.orders.process))) {
      decided.decision = Decision::kPossible;
      return decided;
    }
    const auto graph = Polygraph::Build(history_, versions_, level.isolation, level.orders);
    if (graph.ok()) {
      decided = Decide(*graph, options_.solve_conflicts_max);
      if (decided.decision == Decision::kImpossible) TellCycle(*graph, decided.cycle);
    } else {
      decided.why_unknown = Message(graph.status());
    }
    const bool is_strict = level.isolation == Isolation::kSerializable && level.orders.realtime;
    if (is_strict && decided.decision == Decision::kUnknown &&
        strict_->answer == StrictSearch::Answer::kNone) {
      decided.decision = Decision::kImpossible;
      TellDeadEnd();
    }
    return decided;
  }

  // Too large for a cycle to be shown.
  void TellDeadEnd() {
    told_ = ReportAnomaly();
    told_.what = StrCat("No order in real time explains the reads. The longest has ",
                        strict_->placed_max, " transactions; one of these would be next:\n");
    for (const uint32_t t : strict_->stuck) {
      told_.operations.push_back(t);
      StrAppend(&told_.what, history_.TxnText(t), "\n");
    }
    drawing_ = {};
  }

  void TellCycle(const Polygraph& graph, const std::vector<PolyArc>& cycle) {
    told_ = ReportAnomaly();
    CycleDrawing drawing;
    std::string let;
    std::string then;
    for (size_t i = 0; i < cycle.size(); ++i) {
      const size_t next = (i + 1) % cycle.size();
      const std::string a = StrCat("T", i + 1);
      const std::string b = StrCat("T", next + 1);
      const uint32_t from = graph.txn(cycle[i].from);
      const std::string why = graph.Why(cycle[i], a, b);
      StrAppend(&let, a, " = ", history_.TxnText(from), "\n");
      StrAppend(&then, i + 1 == cycle.size() ? "However, " : "", a, " < ", b, ", because ", why,
                i + 1 == cycle.size() ? ": a contradiction.\n" : ";\n");
      told_.operations.push_back(from);
      told_.edges.push_back({from, graph.txn(cycle[i].to), std::string(Name(cycle[i].kind)), why});
      drawing.boxes.push_back({a, history_.TxnText(from)});
      drawing.arrows.push_back({i, next, std::string(Name(cycle[i].kind)), why});
    }
    told_.what = let + then;
    drawing_ = std::move(drawing);
  }

  ReportAnomaly Tell(const Level& level, const Decided& decided) {
    ReportAnomaly anomaly = std::move(told_);
    anomaly.name = level.anomaly;
    if (drawing_.boxes.empty()) return anomaly;
    drawing_.title = anomaly.name;
    anomaly.svg = DrawCycle(drawing_);
    if (decided.open == 0) {
      anomaly.what = StrCat("In every order of the writes there is this cycle.\n", anomaly.what);
    } else {
      anomaly.what =
          StrCat("No order of the writes explains the reads: ", decided.open,
                 " pairs of writes could go either way, and ", decided.refuted,
                 " cycles refute every combination. The shortest of them:\n", anomaly.what);
    }
    return anomaly;
  }

  const TxnHistory& history_;
  const VersionIndex& versions_;
  const TxnOptions& options_;
  CaseList& cases_;
  std::vector<std::string> broken_;
  std::vector<std::string_view> held_;
  std::vector<Failed> failed_;
  std::optional<StrictSearch> strict_;
  ReportAnomaly told_;
  CycleDrawing drawing_;
};

}  // namespace

std::string SolveLevels(const TxnHistory& history, const VersionIndex& versions,
                        const TxnOptions& options, CaseList* cases) {
  return LevelSolver(history, versions, options, cases).Run();
}

}  // namespace quadraft::jepsen
