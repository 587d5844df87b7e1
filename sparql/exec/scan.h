// The rows of the index that match one quad pattern, in the order of a permutation.
#ifndef QUADRAFT_SPARQL_EXEC_SCAN_H_
#define QUADRAFT_SPARQL_EXEC_SCAN_H_

#include "sparql/exec/operator.h"
#include "sparql/exec/quad_source.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class ScanOperator : public Operator {
 public:
  ScanOperator(ExecContext* context, const Plan& plan)
      : Operator(context, plan.vars), source_(context, plan.quad, plan.permutation) {}

  Status SkipTo(TermId value) override { return source_.SkipTo(value); }

 protected:
  Status Produce(Batch* out) override { return source_.Next(out).status(); }

 private:
  QuadSource source_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_SCAN_H_
