// From algebra to a physical plan: basic graph patterns are flattened across joins and ordered by cost, filters sink to the
// lowest place where their variables are bound, GRAPH becomes a column of the scans where that is the same thing.
//
//   Planner planner(&context, query.variables.size(), dataset);
//   QR_ASSIGN_OR_RETURN(PlanPtr plan, planner.Plan(*query.pattern, PlanScope{}));
//
// One planner per query: the executor asks it again for what is planned per solution or per graph (EXISTS, GRAPH ?g around
// subqueries). Errors: Unimplemented for SERVICE, the view's own.
#ifndef QUADRAFT_SPARQL_PLANNER_PLANNER_H_
#define QUADRAFT_SPARQL_PLANNER_PLANNER_H_

#include <memory>
#include <vector>

#include "sparql/algebra/algebra.h"
#include "sparql/exec/context.h"
#include "sparql/planner/join_order.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

// FROM and FROM NAMED as ids; both null when the query says nothing and the store's own dataset is meant.
struct ResolvedDataset {
  GraphSet default_graphs;
  GraphSet named_graphs;
  static StatusOr<ResolvedDataset> Resolve(const Dataset& dataset, ExecContext* context);
};

class Planner {
 public:
  // Fresh variables are numbered from `variable_count`.
  Planner(ExecContext* context, size_t variable_count, ResolvedDataset dataset)
      : context_(context), variable_count_(variable_count), next_var_(variable_count), dataset_(std::move(dataset)) {}

  // `compare_cost`: the caller looks at the plan's cost. Otherwise nothing is counted when there is only one plan.
  StatusOr<PlanPtr> Plan(const Pattern& pattern, const PlanScope& scope, bool compare_cost = false);

  const ResolvedDataset& dataset() const { return dataset_; }
  // Variables of the query itself; those from here on are the planner's.
  size_t variable_count() const { return variable_count_; }
  // The graphs that triple patterns of `scope` are matched in, as a pattern of four free slots; nullopt: none at all.
  std::optional<QuadPattern> GraphPattern(const ActiveGraph& graph) const;

 private:
  using Filters = std::vector<PendingFilter>;

  // Plans `pattern`; takes from *filters those that it applied.
  StatusOr<PlanPtr> PlanNode(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  // As PlanNode, and applies the rest on top.
  StatusOr<PlanPtr> PlanWith(const Pattern& pattern, const PlanScope& scope, Filters filters);
  // Plans `pattern` with those filters that may be evaluated inside it; the others stay in *filters.
  StatusOr<PlanPtr> PlanPushing(const Pattern& pattern, const PlanScope& scope, Filters* filters);

  StatusOr<PlanPtr> PlanJoin(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanLeftJoin(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanUnion(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanMinus(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanFilter(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanExtend(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanGraph(const Pattern& pattern, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanGraphVariable(const Pattern& pattern, Var variable, const PlanScope& scope,
                                      Filters* filters);
  StatusOr<PlanPtr> PlanNamedGraph(const Pattern& child, TermId graph, const PlanScope& scope, Filters* filters);
  StatusOr<PlanPtr> PlanValues(const Pattern& pattern, const PlanScope& scope);
  StatusOr<PlanPtr> PlanGroup(const Pattern& pattern, const PlanScope& scope);
  StatusOr<PlanPtr> PlanProject(const Pattern& pattern, const PlanScope& scope, std::optional<uint64_t> limit);
  StatusOr<PlanPtr> PlanOrderBy(const Pattern& pattern, const PlanScope& scope, std::optional<uint64_t> limit);
  StatusOr<PlanPtr> PlanSlice(const Pattern& pattern, const PlanScope& scope);
  StatusOr<PlanPtr> PlanDistinct(const Pattern& pattern, const PlanScope& scope);

  Status Flatten(const Pattern& pattern, const PlanScope& scope, Filters* filters, std::vector<JoinItem>* items);
  Status AddTriple(const TriplePattern& triple, const PlanScope& scope, std::vector<JoinItem>* items);
  Status AddPath(const QuadSlot& subject, const Path& path, const QuadSlot& object, const PlanScope& scope,
                 std::vector<JoinItem>* items);
  Status AddNegatedSet(const QuadSlot& subject, const Path& path, const QuadSlot& object,
                       const PlanScope& scope, std::vector<JoinItem>* items);
  Status AddQuad(const QuadSlot& subject, const QuadSlot& predicate, const QuadSlot& object,
                 const PlanScope& scope, std::vector<JoinItem>* items);
  StatusOr<JoinItem> UnionItem(std::vector<std::vector<JoinItem>> branches);

  StatusOr<QuadSlot> SlotOf(const VarOrTerm& part, const PlanScope& scope);
  std::optional<TermId> Substituted(Var var, const PlanScope& scope) const;
  // Keeps, of a part planned without the scope's substitution, what agrees with it.
  PlanPtr Restricted(PlanPtr plan, const PlanScope& scope) const;
  VarSet Free(const VarSet& vars, const PlanScope& scope) const;  // Without the substituted ones.
  Var FreshVar() { return Var{static_cast<uint32_t>(next_var_++)}; }

  ExecContext* const context_;
  const size_t variable_count_;
  size_t next_var_;
  const ResolvedDataset dataset_;
  bool count_rows_ = true;  // Of the pattern at hand: whether any choice depends on them.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PLANNER_PLANNER_H_
