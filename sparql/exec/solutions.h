// The solutions of one pattern, for callers inside sparql/ (the engine, updates): plans, opens and pulls.
//
//   QR_ASSIGN_OR_RETURN(auto solutions, Solutions::Open(*query.pattern, query.variables, query.dataset, view, limits, columns));
//   Batch batch;
//   while (true) { QR_ASSIGN_OR_RETURN(size_t rows, solutions->Next(&batch)); if (rows == 0) break;
//     ... batch.columns[i][row] is the id of columns[i], kNoTerm when unbound ... solutions->Lookup(id) ... }
//
// The pattern must outlive the Solutions (expressions and EXISTS patterns are read in place); the view is shared. Variables
// of `columns` that the pattern never binds yield columns of kNoTerm. Errors: Unimplemented (names the feature), Cancelled,
// DeadlineExceeded, ResourceExhausted, and the view's own; after an error nothing more may be pulled.
#ifndef QUADRAFT_SPARQL_EXEC_SOLUTIONS_H_
#define QUADRAFT_SPARQL_EXEC_SOLUTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "sparql/algebra/algebra.h"
#include "sparql/engine.h"
#include "sparql/exec/batch.h"
#include "sparql/exec/context.h"

namespace quadraft::sparql {

class Solutions {
 public:
  virtual ~Solutions() = default;

  // `variables` are the names behind the pattern's Vars; `columns` says which to yield, in order.
  static StatusOr<std::unique_ptr<Solutions>> Open(const Pattern& pattern,
                                                   const std::vector<std::string>& variables,
                                                   const Dataset& dataset,
                                                   std::shared_ptr<const store::ReadView> view,
                                                   const QueryLimits& limits, std::vector<Var> columns);

  // The next rows, at most kBatchRows; 0 only at the end.
  virtual StatusOr<size_t> Next(Batch* batch) = 0;
  virtual ExecContext& context() = 0;
  // The plan in the planner's text form (EXPLAIN).
  virtual std::string Explain() const = 0;

  StatusOr<rdf::Term> Lookup(TermId id) { return context().Lookup(id); }
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_SOLUTIONS_H_
