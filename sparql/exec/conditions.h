// The conjunction of bound filter conditions over batches with fixed columns.
//
//   std::vector<uint32_t> kept;
//   QR_RETURN_IF_ERROR(conditions->Passing(batch, &kept)); batch.Keep(kept);
#ifndef QUADRAFT_SPARQL_EXEC_CONDITIONS_H_
#define QUADRAFT_SPARQL_EXEC_CONDITIONS_H_

#include <memory>
#include <vector>

#include "sparql/functions/expression.h"

namespace quadraft::sparql {

class Conditions {
 public:
  explicit Conditions(EvaluationEnvironment* env) : env_(env) {}
  void Add(std::unique_ptr<BoundExpression> condition) { conditions_.push_back(std::move(condition)); }

  // The numbers of the rows where all are true. A false one and an error both drop the row.
  Status Passing(const Batch& batch, std::vector<uint32_t>* kept) {
    kept->clear();
    for (size_t row = 0; row < batch.rows; ++row) {
      bool passes = true;
      for (size_t i = 0; passes && i < conditions_.size(); ++i) {
        passes = conditions_[i]->Test(batch, row).value_or(false);
      }
      if (passes) kept->push_back(static_cast<uint32_t>(row));
      if (!env_->status().ok()) return env_->status();
    }
    return OkStatus();
  }

 private:
  EvaluationEnvironment* const env_;
  std::vector<std::unique_ptr<BoundExpression>> conditions_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_CONDITIONS_H_
