// Turns plans into running operators, and patterns into both: EXISTS and GRAPH loops come back here while a query runs.
//
//   QueryRun run(&context, &planner, variables);
//   QR_ASSIGN_OR_RETURN(OperatorPtr root, run.Build(*plan));
//
// One per query; owns the evaluation environment and outlives its operators.
#ifndef QUADRAFT_SPARQL_EXEC_BUILDER_H_
#define QUADRAFT_SPARQL_EXEC_BUILDER_H_

#include <memory>
#include <string>
#include <vector>

#include "sparql/exec/conditions.h"
#include "sparql/exec/operator.h"
#include "sparql/planner/planner.h"

namespace quadraft::sparql {

class QueryRun {
 public:
  QueryRun(ExecContext* context, Planner* planner, const std::vector<std::string>* variables)
      : context_(context), planner_(planner), variables_(variables), env_(context) {}

  StatusOr<OperatorPtr> Build(const Plan& plan);
  // Plans and builds.
  StatusOr<OperatorPtr> Open(const Pattern& pattern, const PlanScope& scope);

  ExecContext& context() { return *context_; }
  Planner& planner() { return *planner_; }
  EvaluationEnvironment& env() { return env_; }
  // A variable that the query's author wrote: no blank node, none of the planner's.
  bool IsVisible(Var var) const;

 private:
  ExpressionScope ScopeFor(const std::vector<Var>& columns, const PlanScope& scope);
  StatusOr<std::unique_ptr<Conditions>> BindConditions(const std::vector<PlannedFilter>& filters,
                                                       const std::vector<Var>& columns);
  StatusOr<OperatorPtr> BuildExtend(const Plan& plan, OperatorPtr child);
  StatusOr<OperatorPtr> BuildGroup(const Plan& plan, OperatorPtr child);
  StatusOr<OperatorPtr> BuildOrderBy(const Plan& plan, OperatorPtr child);
  StatusOr<OperatorPtr> BuildWithChildren(const Plan& plan, std::vector<OperatorPtr> children);

  ExecContext* const context_;
  Planner* const planner_;
  const std::vector<std::string>* const variables_;
  EvaluationEnvironment env_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_BUILDER_H_
