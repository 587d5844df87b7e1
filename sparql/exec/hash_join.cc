#include "sparql/exec/hash_join.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"

namespace quadraft::sparql {

HashJoinOperator::HashJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left,
                                   OperatorPtr right, std::unique_ptr<Conditions> conditions)
    : Operator(context, plan.vars),
      left_(std::move(left)),
      right_(std::move(right)),
      conditions_(std::move(conditions)),
      optional_(plan.optional),
      table_(context, right_->vars().size()),
      index_(context) {
  const Plan& left_plan = *plan.children[0];
  const Plan& right_plan = *plan.children[1];
  for (const Var var : plan.vars) {
    const int right_column = ColumnOf(right_->vars(), var);
    const int left_column = ColumnOf(left_->vars(), var);
    right_of_output_.push_back(left_column < 0 ? right_column : -1);
    if (left_column < 0 || right_column < 0) continue;
    const SharedColumn shared{static_cast<size_t>(left_column), static_cast<size_t>(right_column)};
    if (left_plan.IsCertain(var) && right_plan.IsCertain(var)) {
      left_keys_.push_back(shared.left);
      right_keys_.push_back(shared.right);
    } else {
      loose_.push_back(shared);
    }
  }
  late_unmatched_ = optional_ && (conditions_ != nullptr || !loose_.empty());
}

Status HashJoinOperator::SkipTo(TermId value) {
  // Rows of the left batch at hand may come all the same.
  return left_->SkipTo(value);
}

Status HashJoinOperator::BuildRight() {
  Batch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, right_->Next(&batch));
    if (rows == 0) break;
    QR_RETURN_IF_ERROR(table_.Append(batch));
  }
  right_.reset();
  built_ = true;
  return index_.Build(&table_, right_keys_);
}

StatusOr<bool> HashJoinOperator::NextLeftBatch() {
  QR_ASSIGN_OR_RETURN(const size_t rows, left_->Next(&left_batch_));
  if (rows == 0) return false;
  JoinIndex::Hash(left_batch_, left_keys_, &hashes_);
  if (late_unmatched_) matched_.assign(rows, false);
  left_row_ = 0;
  batch_open_ = true;
  StartChain();
  return true;
}

void HashJoinOperator::StartChain() {
  row_matched_ = false;
  if (left_row_ < left_batch_.rows) chain_ = index_.First(hashes_[left_row_]);
}

void HashJoinOperator::CollectPairs() {
  pair_left_.clear();
  pair_right_.clear();
  while (left_row_ < left_batch_.rows && pair_left_.size() < kBatchRows) {
    if (chain_ == kNoRow) {
      if (optional_ && !late_unmatched_ && !row_matched_) {
        pair_left_.push_back(static_cast<uint32_t>(left_row_));
        pair_right_.push_back(kNoRow);
      }
      ++left_row_;
      StartChain();
      continue;
    }
    if (QR_MUTANT("hash-join-by-hash-alone") ||
        index_.Matches(chain_, left_batch_, left_keys_, left_row_)) {
      pair_left_.push_back(static_cast<uint32_t>(left_row_));
      pair_right_.push_back(chain_);
      row_matched_ = true;
    }
    chain_ = index_.Next(chain_);
  }
}

void HashJoinOperator::DropIncompatible() {
  size_t kept = 0;
  for (size_t i = 0; i < pair_left_.size(); ++i) {
    const bool compatible =
        std::all_of(loose_.begin(), loose_.end(), [&](const SharedColumn& shared) {
          const TermId a = left_batch_.columns[shared.left][pair_left_[i]];
          const TermId b = table_.at(shared.right, pair_right_[i]);
          return a == b || a == kNoTerm || b == kNoTerm;
        });
    if (!compatible) continue;
    pair_left_[kept] = pair_left_[i];
    pair_right_[kept++] = pair_right_[i];
  }
  pair_left_.resize(kept);
  pair_right_.resize(kept);
}

void HashJoinOperator::Assemble(Batch* out) const {
  const size_t rows = pair_left_.size();
  out->rows = rows;
  for (size_t c = 0; c < out->columns.size(); ++c) {
    auto& target = out->columns[c];
    target.resize(rows);
    if (right_of_output_[c] < 0) {  // The left columns come first, in their own order.
      const auto& source = left_batch_.columns[c];
      for (size_t i = 0; i < rows; ++i) target[i] = source[pair_left_[i]];
    } else {
      const auto& source = table_.column(static_cast<size_t>(right_of_output_[c]));
      for (size_t i = 0; i < rows; ++i)
        target[i] = pair_right_[i] == kNoRow ? kNoTerm : source[pair_right_[i]];
    }
  }
  for (const SharedColumn& shared : loose_) {
    auto& target = out->columns[shared.left];
    const auto& source = table_.column(shared.right);
    for (size_t i = 0; i < rows; ++i) {
      if (target[i] == kNoTerm) target[i] = source[pair_right_[i]];
    }
  }
}

Status HashJoinOperator::KeepPassing(Batch* out) {
  std::vector<uint32_t> kept;
  if (conditions_ != nullptr) {
    QR_RETURN_IF_ERROR(conditions_->Passing(*out, &kept));
    out->Keep(kept);
  }
  if (!late_unmatched_) return OkStatus();
  if (conditions_ != nullptr && !QR_MUTANT("optional-matched-before-filter")) {
    for (const uint32_t row : kept) matched_[pair_left_[row]] = true;
  } else {
    for (const uint32_t row : pair_left_) matched_[row] = true;
  }
  return OkStatus();
}

void HashJoinOperator::EmitUnmatched(Batch* out) {
  out->Reset(vars().size());
  for (size_t row = 0; row < left_batch_.rows; ++row) {
    if (matched_[row]) continue;
    for (size_t c = 0; c < out->columns.size(); ++c) {
      out->columns[c].push_back(right_of_output_[c] < 0 ? left_batch_.columns[c][row] : kNoTerm);
    }
    ++out->rows;
  }
}

Status HashJoinOperator::Produce(Batch* out) {
  if (!built_) QR_RETURN_IF_ERROR(BuildRight());
  if (table_.rows() == 0 && !optional_) return OkStatus();
  while (true) {
    if (!batch_open_) {
      QR_ASSIGN_OR_RETURN(const bool more, NextLeftBatch());
      if (!more) {
        out->Reset(vars().size());
        return OkStatus();
      }
    }
    if (left_row_ < left_batch_.rows) {
      CollectPairs();
      DropIncompatible();
      Assemble(out);
      QR_RETURN_IF_ERROR(KeepPassing(out));
    } else {
      batch_open_ = false;
      out->Reset(vars().size());
      if (late_unmatched_) EmitUnmatched(out);
    }
    if (out->rows > 0) return OkStatus();
    QR_RETURN_IF_ERROR(context().CheckInterrupted());
  }
}

}  // namespace quadraft::sparql
