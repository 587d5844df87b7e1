#include "sparql/exec/minus.h"

#include <utility>

namespace quadraft::sparql {

namespace {

size_t SharedCount(const Plan& plan) {
  size_t count = 0;
  for (const Var var : plan.children[0]->vars) count += plan.children[1]->Has(var);
  return count;
}

}  // namespace

MinusOperator::MinusOperator(ExecContext* context, const Plan& plan, OperatorPtr left, OperatorPtr right)
    : Operator(context, plan.vars),
      left_(std::move(left)),
      right_(std::move(right)),
      table_(context, SharedCount(plan)),
      index_(context) {
  for (size_t c = 0; c < left_->vars().size(); ++c) {
    const Var var = left_->vars()[c];
    const int right_column = ColumnOf(right_->vars(), var);
    if (right_column < 0) continue;
    if (plan.children[0]->IsCertain(var) && plan.children[1]->IsCertain(var)) {
      left_keys_.push_back(c);
      table_keys_.push_back(left_shared_.size());
    } else {
      loose_.push_back(left_shared_.size());
    }
    left_shared_.push_back(c);
    right_shared_.push_back(static_cast<size_t>(right_column));
  }
  if (left_shared_.empty()) right_.reset();  // Disjoint domains: nothing is ever removed.
}

Status MinusOperator::BuildRight() {
  KeySet seen(&context(), right_shared_.size());
  Batch batch, part;
  std::vector<TermId> key(right_shared_.size());
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, right_->Next(&batch));
    if (rows == 0) break;
    part.Reset(right_shared_.size());
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < key.size(); ++i) key[i] = batch.columns[right_shared_[i]][row];
      QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen.Insert(key.data()));
      if (!place.added) continue;
      for (size_t i = 0; i < key.size(); ++i) part.columns[i].push_back(key[i]);
      ++part.rows;
    }
    QR_RETURN_IF_ERROR(table_.Append(part));
  }
  right_.reset();
  return index_.Build(&table_, table_keys_);
}

bool MinusOperator::Removed(const Batch& batch, size_t row, uint64_t hash) const {
  for (uint32_t at = index_.First(hash); at != kNoRow; at = index_.Next(at)) {
    if (!index_.Matches(at, batch, left_keys_, row)) continue;
    bool compatible = true;
    bool overlap = !left_keys_.empty();
    for (const size_t i : loose_) {
      const TermId a = batch.columns[left_shared_[i]][row], b = table_.at(i, at);
      const bool both = a != kNoTerm && b != kNoTerm;
      compatible = compatible && (!both || a == b);
      overlap = overlap || both;
    }
    if (compatible && overlap) return true;
  }
  return false;
}

Status MinusOperator::Produce(Batch* out) {
  if (right_ != nullptr) QR_RETURN_IF_ERROR(BuildRight());
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, left_->Next(out));
    if (rows == 0 || left_shared_.empty() || table_.rows() == 0) return OkStatus();
    JoinIndex::Hash(*out, left_keys_, &hashes_);
    kept_.clear();
    for (size_t row = 0; row < rows; ++row) {
      if (!Removed(*out, row, hashes_[row])) kept_.push_back(static_cast<uint32_t>(row));
    }
    out->Keep(kept_);
    if (out->rows > 0) return OkStatus();
  }
}

}  // namespace quadraft::sparql
