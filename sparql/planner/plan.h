// A physical plan: what the planner decides and the executor runs. Immutable and shared: the join search builds thousands of
// alternatives that share their parts.
//
//   QR_ASSIGN_OR_RETURN(PlanPtr plan, planner.Plan(pattern, scope));
//   std::cout << PrintPlan(*plan, variables);
//
// Invariants: 1. `vars` are distinct and are the operator's columns in order; 2. a variable of `certain` is bound in every
// row; 3. rows come in ascending order of the ids of `order`, lexicographically; 4. constant terms are ids already: one that
// the dictionary does not know is a query-local id, which no quad has.
// Expressions and patterns point into the Query, which outlives the plan.
#ifndef QUADRAFT_SPARQL_PLANNER_PLAN_H_
#define QUADRAFT_SPARQL_PLANNER_PLAN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sparql/algebra/algebra.h"
#include "sparql/functions/expression.h"
#include "store/read/read_view.h"

namespace quadraft::sparql {

enum class PlanKind : uint8_t {
  kUnit,       // One solution without bindings.
  kEmpty,      // No solution.
  kScan,       // quad
  kIndexJoin,  // child[0], and for each of its rows a scan of `quad`; `optional`: left join
  kMergeJoin,  // child[0], child[1], both ordered by order[0]
  kHashJoin,   // child[0] probes, child[1] is built; `optional`: left join with `conditions`
  kPath,       // child[0], and for each of its rows the property path `path`
  kUnion,
  kMinus,      // child[0], child[1]
  kFilter,     // child[0], conditions
  kRestrict,   // child[0], where each variable of `restrictions` is unbound or has that id
  kExtend,     // child[0], extensions in order
  kValues,     // rows
  kGroup,      // child[0], pattern's keys and aggregates
  kOrderBy,    // child[0], pattern's keys; `limit`: only the first rows are wanted
  kProject,    // child[0]
  kDistinct,
  kReduced,
  kSlice,      // offset, limit
  kGraphLoop,  // `pattern` once for each named graph, which `graph_variable` is bound to
};

// The graph that patterns match: the default graph, one named graph, or each named graph in turn.
struct ActiveGraph {
  enum class Kind : uint8_t { kDefault, kNamed, kVariable } kind = Kind::kDefault;
  TermId id;  // kNamed
  Var variable;  // kVariable
};

// Where a pattern is planned: its graph, and for EXISTS the solution it is asked for.
struct PlanScope {
  ActiveGraph graph;
  std::shared_ptr<const Substitution> substitution;  // May be null.
};

struct QuadSlot {
  TermId id;                // A constant when not kNoTerm.
  std::optional<Var> var;   // Neither: any value, not kept.
};

using GraphSet = std::shared_ptr<const std::vector<TermId>>;  // Ascending.

// A triple pattern and where it is matched, slots in the order of store::Position.
struct QuadPattern {
  std::array<QuadSlot, 4> slots;
  // Which graphs count when the graph slot is no constant: those of the set, or every named one when there is none.
  GraphSet graphs;
  // FROM: the graphs of the set are merged; a triple that several have is one triple.
  bool merge_graphs = false;
  std::shared_ptr<const std::vector<TermId>> excluded_predicates;  // Negated property sets; may be null. Ascending.
};

struct Plan;
using PlanPtr = std::shared_ptr<const Plan>;

struct PlannedFilter {
  const Expression* expression = nullptr;
  PlanScope scope;  // Of EXISTS inside.
};

struct Plan {
  PlanKind kind = PlanKind::kUnit;
  std::vector<PlanPtr> children;
  std::vector<Var> vars;
  std::vector<Var> certain;
  std::vector<Var> order;
  std::vector<double> distinct;  // Estimated different values, for each of vars.
  double rows = 1;               // Estimated.
  double cost = 0;               // Of everything below too, in rows touched.

  QuadPattern quad;
  store::Permutation permutation = store::Permutation::kSpog;  // kScan
  bool optional = false;
  std::vector<PlannedFilter> conditions;
  std::vector<std::pair<Var, TermId>> restrictions;
  std::vector<std::pair<Var, const Expression*>> extensions;
  std::vector<std::vector<TermId>> value_rows;
  const Pattern* pattern = nullptr;  // kGroup, kOrderBy, kGraphLoop
  const Path* path = nullptr;
  uint64_t offset = 0;
  std::optional<uint64_t> limit;
  Var graph_variable;
  PlanScope scope;

  bool Has(Var var) const;
  bool IsCertain(Var var) const;
};

// One line per operator, children indented: "hash join [?a ?b] rows~12 cost~90".
std::string PrintPlan(const Plan& plan, const std::vector<std::string>& variables);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PLANNER_PLAN_H_
