// Join and left join by hashing (SPARQL 1.1 Query, section 18.5): the right side is built, the left one streams by.
//
// The key is made of the shared variables that are bound on both sides in every row. Shared variables that may be unbound
// are compared afterwards: unbound is compatible with anything, and the result has the bound value. Without any key every
// pair is compared. Left join: a left row without a partner that passes the conditions comes once, alone.
#ifndef QUADRAFT_SPARQL_EXEC_HASH_JOIN_H_
#define QUADRAFT_SPARQL_EXEC_HASH_JOIN_H_

#include <memory>
#include <vector>

#include "sparql/exec/conditions.h"
#include "sparql/exec/operator.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class HashJoinOperator : public Operator {
 public:
  HashJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left, OperatorPtr right,
                   std::unique_ptr<Conditions> conditions);

  Status SkipTo(TermId value) override;

 protected:
  Status Produce(Batch* out) override;

 private:
  Status BuildRight();
  StatusOr<bool> NextLeftBatch();   // False at the end.
  void StartChain();
  // Up to kBatchRows candidate pairs from the current left batch.
  void CollectPairs();
  void DropIncompatible();
  void Assemble(Batch* out) const;
  Status KeepPassing(Batch* out);
  void EmitUnmatched(Batch* out);

  struct SharedColumn {
    size_t left, right;
  };

  const OperatorPtr left_;
  OperatorPtr right_;  // Gone once it is built.
  const std::unique_ptr<Conditions> conditions_;
  const bool optional_;
  std::vector<size_t> left_keys_, right_keys_;
  std::vector<SharedColumn> loose_;      // Shared, but not always bound.
  std::vector<int> right_of_output_;     // For each output column: the right column that it comes from, or -1.
  bool late_unmatched_ = false;          // Left join that checks more than keys.

  RowTable table_;
  JoinIndex index_;
  Batch left_batch_;
  std::vector<uint64_t> hashes_;
  std::vector<bool> matched_;
  size_t left_row_ = 0;
  uint32_t chain_ = kNoRow;
  bool row_matched_ = false;
  bool built_ = false;
  bool left_done_ = false;
  bool batch_open_ = false;
  std::vector<uint32_t> pair_left_, pair_right_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_HASH_JOIN_H_
