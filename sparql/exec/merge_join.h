// Join of two inputs that are both ordered by the same variable first: one pass, and the side that is behind skips ahead
// (within its batch by galloping search, beyond it by SkipTo, which a scan turns into a seek of the index).
//
// Rows of the right side with the current key are kept; memory is that of the longest run of equal keys. Further shared
// variables are compared pair by pair; unbound is compatible with anything.
#ifndef QUADRAFT_SPARQL_EXEC_MERGE_JOIN_H_
#define QUADRAFT_SPARQL_EXEC_MERGE_JOIN_H_

#include <memory>
#include <optional>
#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class MergeJoinOperator : public Operator {
 public:
  MergeJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left, OperatorPtr right);
  Status SkipTo(TermId value) override;

 protected:
  Status Produce(Batch* out) override;

 private:
  struct Side {
    OperatorPtr input;
    size_t key = 0;
    Batch batch;
    size_t row = 0;
    bool done = false;
    TermId Key() const { return batch.columns[key][row]; }
  };
  struct SharedColumn {
    size_t left, right;
  };

  // Makes side->row a row, or sets done.
  Status Fill(Side* side);
  // Moves to the first row whose key is at least `value`, or to done.
  Status Advance(Side* side, TermId value);
  Status CollectRun();
  void EmitPairs(Batch* out);
  bool Compatible(size_t run_row) const;

  Side left_, right_;
  std::vector<SharedColumn> shared_;   // Besides the key.
  std::vector<int> right_of_output_;
  std::optional<RowTable> run_;
  TermId run_key_;
  size_t run_row_ = 0;
  bool run_active_ = false;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_MERGE_JOIN_H_
