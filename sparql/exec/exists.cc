#include "sparql/exec/exists.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/sim_points.h"
#include "sparql/exec/builder.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/variables.h"

namespace quadraft::sparql {

namespace {

bool HasZeroLength(const Path& path) {
  if (path.kind == PathKind::kZeroOrMore || path.kind == PathKind::kZeroOrOne) return true;
  return std::any_of(path.args.begin(), path.args.end(),
                     [](const auto& arg) { return HasZeroLength(*arg); });
}

// Whether substituting `outer` variables is the same as selecting solutions of the plain pattern.
bool IsSelectable(const Pattern& pattern, const VarSet& outer) {
  switch (pattern.kind) {
    case PatternKind::kBasic:
      return std::none_of(pattern.triples.begin(), pattern.triples.end(),
                          [](const TriplePattern& triple) {
                            return triple.path != nullptr && HasZeroLength(*triple.path);
                          });
    case PatternKind::kFilter: {
      if (HasExists(*pattern.condition)) return false;
      const VarSet used = Intersection(VariablesOf(*pattern.condition), outer);
      if (!IsSubset(used, Certain(*pattern.children[0]))) return false;
      break;
    }
    case PatternKind::kJoin:
    case PatternKind::kUnion:
      break;
    default:
      return false;
  }
  return std::all_of(pattern.children.begin(), pattern.children.end(),
                     [&](const auto& child) { return IsSelectable(*child, outer); });
}

class Checker : public ExistsChecker {
 public:
  Checker(QueryRun* run, const Pattern& pattern, const std::vector<Var>& columns,
          const PlanScope& scope)
      : run_(run), pattern_(pattern), scope_(scope) {
    const VarSet mentioned = Mentioned(pattern);
    for (size_t c = 0; c < columns.size(); ++c) {
      if (!Contains(mentioned, columns[c])) continue;
      columns_.push_back(c);
      vars_.push_back(columns[c]);
    }
    key_.resize(columns_.size());
    answered_.emplace(&run->context(), columns_.size());
    const VarSet outer = MakeSet(vars_);
    selectable_ =
        !outer.empty() && IsSubset(outer, Certain(pattern)) && IsSelectable(pattern, outer);
  }

  StatusOr<bool> Check(const Batch& batch, size_t row) override {
    bool all_bound = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      key_[i] = batch.columns[columns_[i]][row];
      all_bound = all_bound && key_[i] != kNoTerm;
    }
    if (solutions_ && all_bound) return Selected();
    QR_ASSIGN_OR_RETURN(const KeySet::Place place, answered_->Insert(key_.data()));
    if (!place.added) return static_cast<bool>(answers_[place.number]);
    const bool many =
        answers_.size() >= kExistsProbesBeforeSemiJoin || SIM_MAYBE("early-semi-join");
    if (all_bound && selectable_ && many) {
      QR_RETURN_IF_ERROR(TrySemiJoin());
    }
    bool answer = false;
    if (solutions_ && all_bound) {
      QR_ASSIGN_OR_RETURN(answer, Selected());
    } else {
      QR_ASSIGN_OR_RETURN(answer, Probe());
    }
    answers_.push_back(answer);
    return answer;
  }

 private:
  StatusOr<bool> Probe() {
    auto substitution = std::make_shared<Substitution>();
    if (scope_.substitution != nullptr) *substitution = *scope_.substitution;
    for (size_t i = 0; i < vars_.size(); ++i) {
      if (key_[i] != kNoTerm) (*substitution)[vars_[i].index] = key_[i];
    }
    PlanScope scope = scope_;
    scope.substitution = std::move(substitution);
    QR_ASSIGN_OR_RETURN(OperatorPtr root, run_->Open(pattern_, scope));
    Batch batch;
    QR_ASSIGN_OR_RETURN(const size_t rows, root->Next(&batch));
    return rows > 0;
  }

  StatusOr<bool> Selected() { return solutions_->Find(key_.data()); }

  Status TrySemiJoin() {
    selectable_ = false;  // Tried once.
    QR_ASSIGN_OR_RETURN(const PlanPtr plan, run_->planner().Plan(pattern_, scope_, /*compare_cost=*/true));
    if (plan->cost > kSemiJoinCostMax) return OkStatus();
    QR_ASSIGN_OR_RETURN(OperatorPtr root, run_->Build(*plan));
    std::vector<size_t> sources;
    for (const Var var : vars_) {
      const int column = ColumnOf(root->vars(), var);
      if (column < 0) return OkStatus();
      sources.push_back(static_cast<size_t>(column));
    }
    auto solutions = std::make_unique<KeySet>(&run_->context(), vars_.size());
    std::vector<TermId> key(vars_.size());
    Batch batch;
    while (true) {
      QR_ASSIGN_OR_RETURN(const size_t rows, root->Next(&batch));
      if (rows == 0) break;
      for (size_t row = 0; row < rows; ++row) {
        for (size_t i = 0; i < key.size(); ++i) key[i] = batch.columns[sources[i]][row];
        QR_RETURN_IF_ERROR(solutions->Insert(key.data()).status());
      }
    }
    solutions_ = std::move(solutions);
    return OkStatus();
  }

  QueryRun* const run_;
  const Pattern& pattern_;
  const PlanScope scope_;
  std::vector<size_t> columns_;  // Of the batches: those that the pattern mentions.
  std::vector<Var> vars_;
  std::vector<TermId> key_;
  std::optional<KeySet> answered_;
  std::vector<bool> answers_;  // By number in answered_.
  bool selectable_ = false;
  std::unique_ptr<KeySet> solutions_;
};

}  // namespace

StatusOr<std::unique_ptr<ExistsChecker>> MakeExistsChecker(QueryRun* run, const Pattern& pattern,
                                                           const std::vector<Var>& columns,
                                                           const PlanScope& scope) {
  return std::unique_ptr<ExistsChecker>(new Checker(run, pattern, columns, scope));
}

}  // namespace quadraft::sparql
