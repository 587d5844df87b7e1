// GROUP BY and aggregates (SPARQL 1.1 Query, sections 11 and 18.5.1): hashes rows by their key ids; each aggregate keeps one
// state per group. Without keys there is one group, also over no solutions.
#ifndef QUADRAFT_SPARQL_EXEC_GROUP_H_
#define QUADRAFT_SPARQL_EXEC_GROUP_H_

#include <memory>
#include <vector>

#include "sparql/exec/aggregate.h"
#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"

namespace quadraft::sparql {

class GroupOperator : public Operator {
 public:
  // The first of `vars` are the keys, the others the aggregates' results in order.
  GroupOperator(ExecContext* context, std::vector<Var> vars, OperatorPtr child, EvaluationEnvironment* env,
                std::vector<std::unique_ptr<Aggregate>> aggregates);

 protected:
  Status Produce(Batch* out) override;

 private:
  Status Consume();

  OperatorPtr child_;  // Gone once it is consumed.
  EvaluationEnvironment* const env_;
  std::vector<std::unique_ptr<Aggregate>> aggregates_;
  std::vector<int> key_columns_;
  KeySet groups_;
  size_t next_ = 0;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_GROUP_H_
