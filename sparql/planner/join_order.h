// The order and the algorithms of a group of joins, by estimated cost: dynamic programming over sets of items (left-deep,
// the cheapest plan for each first sort variable is kept), greedy beyond kExhaustiveItemsMax items.
//
//   QR_ASSIGN_OR_RETURN(PlanPtr plan, SearchJoins(context, std::move(items), &filters));
//
// `count_rows` false: nothing above or here depends on how many rows there are, and no scan is counted.
//
// Cartesian products are made only when nothing connects. Each filter is applied as soon as its variables are bound; those
// that never are stay in *filters for the caller.
#ifndef QUADRAFT_SPARQL_PLANNER_JOIN_ORDER_H_
#define QUADRAFT_SPARQL_PLANNER_JOIN_ORDER_H_

#include <vector>

#include "sparql/exec/context.h"
#include "sparql/planner/plan_nodes.h"

namespace quadraft::sparql {

inline constexpr size_t kExhaustiveItemsMax = 9;

// A filter that waits for its place.
struct PendingFilter {
  PlannedFilter filter;
  VarSet needed;        // Variables that must be bound before it may be applied.
  bool movable = true;  // False: must be evaluated where the query has it.
};

// One thing to join: a quad pattern, a closure path (its ends in `quad`), or a plan of something else.
struct JoinItem {
  QuadPattern quad;
  const Path* path = nullptr;
  PlanPtr leaf;  // When set, the others mean nothing.
  VarSet vars;
};

StatusOr<PlanPtr> SearchJoins(ExecContext* context, std::vector<JoinItem> items,
                              std::vector<PendingFilter>* filters, bool count_rows = true);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PLANNER_JOIN_ORDER_H_
