// GRAPH ?g { ... } evaluated as section 18.6 writes it: the inner pattern once for each named graph, joined with ?g. For inner
// patterns that look at a whole graph's solutions at once (subqueries, aggregates, MINUS, closures); the planner makes plain
// scans with a graph column of the others.
#ifndef QUADRAFT_SPARQL_EXEC_GRAPH_LOOP_H_
#define QUADRAFT_SPARQL_EXEC_GRAPH_LOOP_H_

#include <memory>
#include <optional>
#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class QueryRun;

class GraphLoopOperator : public Operator {
 public:
  GraphLoopOperator(QueryRun* run, const Plan& plan);

 protected:
  Status Produce(Batch* out) override;

 private:
  // The next named graph; nullopt after the last.
  StatusOr<std::optional<TermId>> NextGraph();
  StatusOr<bool> OpenNext();

  QueryRun* const run_;
  const Pattern* const pattern_;
  const PlanScope scope_;
  const Var variable_;
  const GraphSet graphs_;                  // FROM NAMED; null: every named graph of the store.
  std::unique_ptr<store::QuadScan> scan_;  // Over the store's graphs, when graphs_ is null.
  std::optional<TermId> last_graph_;
  size_t next_ = 0;
  TermId graph_;
  OperatorPtr inner_;
  Batch batch_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_GRAPH_LOOP_H_
