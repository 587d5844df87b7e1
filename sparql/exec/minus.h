// MINUS (SPARQL 1.1 Query, section 18.5): drops a left solution when some right one is compatible with it and both bind at
// least one variable in common. The right side is reduced to its shared columns and kept, distinct.
#ifndef QUADRAFT_SPARQL_EXEC_MINUS_H_
#define QUADRAFT_SPARQL_EXEC_MINUS_H_

#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class MinusOperator : public Operator {
 public:
  MinusOperator(ExecContext* context, const Plan& plan, OperatorPtr left, OperatorPtr right);
  Status SkipTo(TermId value) override { return left_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  Status BuildRight();
  bool Removed(const Batch& batch, size_t row, uint64_t hash) const;

  const OperatorPtr left_;
  OperatorPtr right_;  // Gone once it is built, or when nothing is shared.
  std::vector<size_t> left_shared_, right_shared_;  // Columns of the shared variables; table_ has them in this order.
  std::vector<size_t> left_keys_, table_keys_;      // Those always bound on both sides.
  std::vector<size_t> loose_;                       // The others, as numbers into left_shared_.
  RowTable table_;
  JoinIndex index_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> kept_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_MINUS_H_
