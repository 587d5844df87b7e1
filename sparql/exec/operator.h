// One step of a running plan: the pull model, a batch at a time. One operator per file pair; each copies what it
// needs of its plan node, which holds no state.
//
//   while (true) { QR_ASSIGN_OR_RETURN(size_t rows, op->Next(&batch)); if (rows == 0) break; ... }
//
// An operator owns its children and charges the context for what it keeps. After Next returned 0 or an error it is not
// called again.
#ifndef QUADRAFT_SPARQL_EXEC_OPERATOR_H_
#define QUADRAFT_SPARQL_EXEC_OPERATOR_H_

#include <memory>
#include <vector>

#include "sparql/algebra/algebra.h"
#include "sparql/exec/batch.h"
#include "sparql/exec/context.h"

namespace quadraft::sparql {

class Operator {
 public:
  Operator(ExecContext* context, std::vector<Var> vars) : context_(context), vars_(std::move(vars)) {}
  Operator(const Operator&) = delete;
  virtual ~Operator() = default;

  // The columns of every batch, in order.
  const std::vector<Var>& vars() const { return vars_; }

  // Replaces *out by the next rows, at most kBatchRows; 0 only at the end. Cancelled, DeadlineExceeded, ResourceExhausted,
  // or an error of the store.
  StatusOr<size_t> Next(Batch* out) {
    QR_RETURN_IF_ERROR(context_->CheckInterrupted());
    out->Reset(vars_.size());
    QR_RETURN_IF_ERROR(Produce(out));
    return out->rows;
  }

  // A hint: rows whose first sort column is below `value` are not wanted any more. They may still come.
  virtual Status SkipTo(TermId value) { return OkStatus(); }

 protected:
  // Fills the emptied *out; leaves it empty only at the end.
  virtual Status Produce(Batch* out) = 0;
  ExecContext& context() const { return *context_; }

 private:
  ExecContext* const context_;
  const std::vector<Var> vars_;
};

using OperatorPtr = std::unique_ptr<Operator>;

// The column of a variable, or -1.
inline int ColumnOf(const std::vector<Var>& vars, Var var) {
  for (size_t i = 0; i < vars.size(); ++i) {
    if (vars[i] == var) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_OPERATOR_H_
