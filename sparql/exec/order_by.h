// ORDER BY (section 15.1): a stable merge sort of row numbers by value, and top-k when only the first rows are wanted: the
// kept rows are cut back to k each time they have grown past a multiple of it.
#ifndef QUADRAFT_SPARQL_EXEC_ORDER_BY_H_
#define QUADRAFT_SPARQL_EXEC_ORDER_BY_H_

#include <memory>
#include <optional>
#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"
#include "sparql/functions/expression.h"

namespace quadraft::sparql {

struct SortKey {
  std::unique_ptr<BoundExpression> expression;
  bool descending = false;
};

class OrderByOperator : public Operator {
 public:
  OrderByOperator(ExecContext* context, OperatorPtr child, EvaluationEnvironment* env, std::vector<SortKey> keys,
                  std::optional<uint64_t> limit);

 protected:
  Status Produce(Batch* out) override;

 private:
  Status Consume();
  Status AppendKeys(const Batch& batch);
  // Sorts what is kept, and cuts it to the limit.
  Status Sort();
  bool Before(uint32_t a, uint32_t b) const;

  OperatorPtr child_;  // Gone once it is consumed.
  EvaluationEnvironment* const env_;
  const std::vector<SortKey> keys_;
  const std::optional<uint64_t> limit_;
  RowTable rows_;
  std::vector<Value> values_;  // keys_.size() for each row.
  MemoryCharge values_charge_;
  size_t next_ = 0;
};

inline constexpr size_t kTopRowsSlack = 4096;  // Rows beyond k that are let grow before a cut.

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_ORDER_BY_H_
