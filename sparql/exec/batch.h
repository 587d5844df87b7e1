// Solutions on their way between operators: a table of term ids by column. kNoTerm in a cell: the variable is unbound there.
//
//   for (size_t row = 0; row < batch.rows; ++row) Use(batch.columns[2][row]);
//
// `rows` stands on its own because a table without columns still has a number of rows (the one empty solution of `{}`).
// Operators yield at most kBatchRows rows at a time. Ids mean something only together with the query's ExecContext.
#ifndef QUADRAFT_SPARQL_EXEC_BATCH_H_
#define QUADRAFT_SPARQL_EXEC_BATCH_H_

#include <vector>

#include "core/base/ids.h"
#include "store/read/read_view.h"
#include "store/read/term_id.h"

namespace quadraft::sparql {

using store::kBatchRows;
using store::kNoTerm;

struct Batch {
  std::vector<std::vector<TermId>> columns;
  size_t rows = 0;

  // No rows, `column_count` empty columns; keeps the memory of the columns.
  void Reset(size_t column_count) {
    columns.resize(column_count);
    for (auto& column : columns) column.clear();
    rows = 0;
  }
  // Keeps the rows whose numbers are in `kept` (ascending).
  void Keep(const std::vector<uint32_t>& kept) {
    for (auto& column : columns) {
      for (size_t i = 0; i < kept.size(); ++i) column[i] = column[kept[i]];
      column.resize(kept.size());
    }
    rows = kept.size();
  }
  size_t bytes() const { return rows * columns.size() * sizeof(TermId); }
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_BATCH_H_
