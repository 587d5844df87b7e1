// EXISTS and NOT EXISTS (section 18.6): the pattern with the solution's values put in the place of its variables.
//
// Answers are kept per distinct values. While few solutions ask, each new one plans and runs the substituted pattern up to
// its first row; when many do and the pattern allows it, it is evaluated once without substitution and looked up (a
// semi-join). It allows it when every variable that the solution could replace is bound in all of its solutions, and no
// closure, subquery, OPTIONAL, MINUS, BIND or VALUES inside would see the difference.
#ifndef QUADRAFT_SPARQL_EXEC_EXISTS_H_
#define QUADRAFT_SPARQL_EXEC_EXISTS_H_

#include <memory>
#include <vector>

#include "sparql/functions/expression.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class QueryRun;

inline constexpr size_t kExistsProbesBeforeSemiJoin = 64;
inline constexpr double kSemiJoinCostMax = 2e7;  // Estimated rows touched by evaluating the whole pattern.

StatusOr<std::unique_ptr<ExistsChecker>> MakeExistsChecker(QueryRun* run, const Pattern& pattern,
                                                           const std::vector<Var>& columns, const PlanScope& scope);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_EXISTS_H_
