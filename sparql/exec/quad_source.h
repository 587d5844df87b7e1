// Reads the rows that match one quad pattern out of a view: opens the scan, drops rows of graphs that do not count, rows
// where a repeated variable differs, doubles of merged graphs, and yields one column per distinct variable.
//
//   QuadSource source(&context, quad, permutation);       // Columns: ScanVars(quad, permutation).
//   QR_ASSIGN_OR_RETURN(size_t rows, source.Next(&batch));
#ifndef QUADRAFT_SPARQL_EXEC_QUAD_SOURCE_H_
#define QUADRAFT_SPARQL_EXEC_QUAD_SOURCE_H_

#include <memory>
#include <optional>
#include <vector>

#include "sparql/exec/batch.h"
#include "sparql/exec/context.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class QuadSource {
 public:
  QuadSource(ExecContext* context, const QuadPattern& quad, store::Permutation permutation);

  // Replaces the batch's rows; 0 only at the end. Checks for interruption while it finds nothing.
  StatusOr<size_t> Next(Batch* out);
  // Skips to rows whose first free column is at least `value`, when that column is the first of the output.
  Status SkipTo(TermId value);

 private:
  struct FreeColumn {
    store::Position position;
    int output = -1;        // Column of the output; -1: not kept.
    bool repeated = false;  // Must equal the output column's value.
  };

  bool NeedsRowChecks() const { return check_graph_ || has_repeated_ || merge_ || excluded_ != nullptr; }
  bool RowPasses(size_t row);
  void TakeRows(size_t rows, Batch* out);

  ExecContext* const context_;
  std::unique_ptr<store::QuadScan> scan_;
  std::vector<FreeColumn> columns_;
  size_t output_columns_ = 0;
  GraphSet graphs_;
  std::shared_ptr<const std::vector<TermId>> excluded_;
  bool check_graph_ = false;
  bool has_repeated_ = false;
  bool merge_ = false;
  bool done_ = false;
  std::vector<TermId> last_;  // The last row that passed, without the graph: for merging.
  store::ColumnBatch raw_;
  std::vector<uint32_t> kept_;
};

// The permutation that serves the pattern's constants.
store::Permutation BestPermutation(const QuadPattern& quad);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_QUAD_SOURCE_H_
