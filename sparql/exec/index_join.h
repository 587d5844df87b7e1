// Index nested-loop join: for each row of the left side, the quads that match the pattern with the row's values in it. The
// operator for a selective left side; the permutation is chosen row by row from what is bound.
//
// Left join when `optional`: a row without a match comes once, alone. Successive rows with equal values share one look-up.
#ifndef QUADRAFT_SPARQL_EXEC_INDEX_JOIN_H_
#define QUADRAFT_SPARQL_EXEC_INDEX_JOIN_H_

#include <array>
#include <optional>
#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/exec/quad_source.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class IndexJoinOperator : public Operator {
 public:
  IndexJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left);

  Status SkipTo(TermId value) override { return left_->SkipTo(value); }

 protected:
  Status Produce(Batch* out) override;

 private:
  using Key = std::array<TermId, 4>;  // The pattern's slots with the row's values; kNoTerm: free.

  // Moves to the next left row and opens its matches; false at the end.
  StatusOr<bool> NextLeftRow();
  void Open(const Key& key);
  // The next matches of the current key into matches_; 0 at their end.
  StatusOr<size_t> NextMatches();
  void Emit(Batch* out);
  void EmitAlone(Batch* out);

  const OperatorPtr left_;
  const QuadPattern quad_;
  const bool optional_;
  std::array<int, 4> left_columns_;    // Of each slot's variable; -1: not on the left.
  Batch left_batch_;
  size_t left_row_ = 0;
  bool started_ = false;
  bool ended_ = false;
  bool row_matched_ = false;

  std::optional<Key> key_;             // What matches_ belongs to.
  std::optional<QuadSource> source_;
  std::vector<int> match_outputs_;     // Output column of each column of matches_.
  Batch matches_;
  size_t match_row_ = 0;
  bool whole_ = false;                 // matches_ holds all matches of key_: good for the next row, too.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_INDEX_JOIN_H_
