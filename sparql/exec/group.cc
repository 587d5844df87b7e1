#include "sparql/exec/group.h"

#include <utility>

namespace quadraft::sparql {

GroupOperator::GroupOperator(ExecContext* context, std::vector<Var> vars, OperatorPtr child,
                             EvaluationEnvironment* env, std::vector<std::unique_ptr<Aggregate>> aggregates)
    : Operator(context, std::move(vars)),
      child_(std::move(child)),
      env_(env),
      aggregates_(std::move(aggregates)),
      groups_(context, this->vars().size() - aggregates_.size()) {
  const size_t keys = this->vars().size() - aggregates_.size();
  for (size_t i = 0; i < keys; ++i) key_columns_.push_back(ColumnOf(child_->vars(), this->vars()[i]));
}

Status GroupOperator::Consume() {
  Batch batch;
  std::vector<TermId> key(key_columns_.size());
  std::vector<uint32_t> group_of_row;
  if (key.empty()) QR_RETURN_IF_ERROR(groups_.Insert(key.data()).status());
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(&batch));
    if (rows == 0) break;
    group_of_row.resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < key.size(); ++i) {
        key[i] = key_columns_[i] < 0 ? kNoTerm : batch.columns[static_cast<size_t>(key_columns_[i])][row];
      }
      QR_ASSIGN_OR_RETURN(const KeySet::Place place, groups_.Insert(key.data()));
      group_of_row[row] = place.number;
    }
    for (const auto& aggregate : aggregates_) {
      QR_RETURN_IF_ERROR(aggregate->Add(batch, group_of_row, groups_.size()));
    }
    QR_RETURN_IF_ERROR(env_->status());
  }
  child_.reset();
  return OkStatus();
}

Status GroupOperator::Produce(Batch* out) {
  if (child_ != nullptr) QR_RETURN_IF_ERROR(Consume());
  for (; next_ < groups_.size() && out->rows < kBatchRows; ++next_, ++out->rows) {
    for (size_t i = 0; i < key_columns_.size(); ++i) out->columns[i].push_back(groups_.key(next_)[i]);
    for (size_t i = 0; i < aggregates_.size(); ++i) {
      out->columns[key_columns_.size() + i].push_back(env_->IdOf(aggregates_[i]->Finish(next_)));
    }
  }
  return env_->status();
}

}  // namespace quadraft::sparql
