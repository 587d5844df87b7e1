// Makes plan nodes with their invariants, estimates and costs filled in. Pure but for the counts that scans ask the view for.
//
// The cost unit is one row touched by a vectorised operator; kSeekCost is a positioned read of one row in those units.
#ifndef QUADRAFT_SPARQL_PLANNER_PLAN_NODES_H_
#define QUADRAFT_SPARQL_PLANNER_PLAN_NODES_H_

#include <memory>
#include <vector>

#include "sparql/planner/plan.h"
#include "sparql/planner/variables.h"

namespace quadraft::sparql {

inline constexpr double kSeekCost = 25;

std::shared_ptr<Plan> NewPlan(PlanKind kind, std::vector<PlanPtr> children);
PlanPtr UnitPlan();
PlanPtr EmptyPlan(const VarSet& vars);

// Which permutations begin with the constant slots of the pattern; at least one.
std::vector<store::Permutation> UsablePermutations(const QuadPattern& quad);
store::ScanSpec SpecFor(const QuadPattern& quad, store::Permutation permutation);
VarSet QuadVars(const QuadPattern& quad);
// The distinct variables in the order in which a scan by that permutation yields them.
std::vector<Var> ScanVars(const QuadPattern& quad, store::Permutation permutation);

// `count`: EstimateRows of the scan's range.
PlanPtr MakeScan(const QuadPattern& quad, store::Permutation permutation, double count);
// `matches`: estimated rows of the scan of `quad` alone.
PlanPtr MakeIndexJoin(PlanPtr left, const QuadPattern& quad, const Plan& alone, bool optional);
PlanPtr MakePath(PlanPtr left, const QuadPattern& ends, const Path& path, double graph_rows);
PlanPtr MakeHashJoin(PlanPtr probe, PlanPtr build, bool optional, std::vector<PlannedFilter> conditions);
// Null when the two are not ordered by the same variable first.
PlanPtr MakeMergeJoin(PlanPtr left, PlanPtr right);
PlanPtr MakeFilter(PlanPtr child, std::vector<PlannedFilter> conditions);
PlanPtr MakeUnion(std::vector<PlanPtr> children);
PlanPtr MakeMinus(PlanPtr left, PlanPtr right);

// Estimated different values of a variable in the plan's rows.
double DistinctOf(const Plan& plan, Var var);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PLANNER_PLAN_NODES_H_
