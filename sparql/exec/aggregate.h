// The set functions of section 18.5.1: one object per aggregate of a query, one state per group.
//
//   QR_ASSIGN_OR_RETURN(auto count, NewAggregate(expression, &context, scope, row_columns));
//   QR_RETURN_IF_ERROR(count->Add(batch, group_of_row, group_count)); ... Value v = count->Finish(group);
//
// An expression error makes SUM, AVG, MIN, MAX and GROUP_CONCAT of its group an error; COUNT and SAMPLE pass over it.
// DISTINCT is by term.
#ifndef QUADRAFT_SPARQL_EXEC_AGGREGATE_H_
#define QUADRAFT_SPARQL_EXEC_AGGREGATE_H_

#include <memory>
#include <vector>

#include "sparql/exec/batch.h"
#include "sparql/exec/context.h"
#include "sparql/functions/expression.h"

namespace quadraft::sparql {

class Aggregate {
 public:
  virtual ~Aggregate() = default;
  // `group_of_row[i] < group_count` is the group of row i.
  virtual Status Add(const Batch& batch, const std::vector<uint32_t>& group_of_row, size_t group_count) = 0;
  virtual Value Finish(size_t group) = 0;  // kError: the variable stays unbound.
};

// `row_columns`: the columns that make a solution, for COUNT(DISTINCT *).
StatusOr<std::unique_ptr<Aggregate>> NewAggregate(const Expression& aggregate, ExecContext* context,
                                                  const ExpressionScope& scope, std::vector<size_t> row_columns);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_AGGREGATE_H_
