#include "sparql/exec/merge_join.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"

namespace quadraft::sparql {

MergeJoinOperator::MergeJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left,
                                     OperatorPtr right)
    : Operator(context, plan.vars) {
  left_.input = std::move(left);
  right_.input = std::move(right);
  const Var key = plan.order[0];
  for (const Var var : plan.vars) {
    const int left_column = ColumnOf(left_.input->vars(), var);
    const int right_column = ColumnOf(right_.input->vars(), var);
    right_of_output_.push_back(left_column < 0 ? right_column : -1);
    if (left_column < 0 || right_column < 0) continue;
    if (var == key) {
      left_.key = static_cast<size_t>(left_column);
      right_.key = static_cast<size_t>(right_column);
    } else {
      shared_.push_back({static_cast<size_t>(left_column), static_cast<size_t>(right_column)});
    }
  }
}

Status MergeJoinOperator::SkipTo(TermId value) {
  QR_RETURN_IF_ERROR(left_.input->SkipTo(value));
  return right_.input->SkipTo(value);
}

Status MergeJoinOperator::Fill(Side* side) {
  if (side->done || side->row < side->batch.rows) return OkStatus();
  QR_ASSIGN_OR_RETURN(const size_t rows, side->input->Next(&side->batch));
  side->row = 0;
  side->done = rows == 0;
  return OkStatus();
}

Status MergeJoinOperator::Advance(Side* side, TermId value) {
  while (!side->done) {
    const auto& keys = side->batch.columns[side->key];
    if (side->row < keys.size() && keys.back() >= value) {
      // Gallop: double the step, then search in the last one.
      size_t step = 1, low = side->row;
      while (low + step < keys.size() && keys[low + step] < value) low += step, step *= 2;
      const auto end = keys.begin() + static_cast<ptrdiff_t>(std::min(keys.size(), low + step + 1));
      side->row = static_cast<size_t>(
          std::lower_bound(keys.begin() + static_cast<ptrdiff_t>(low), end, value) - keys.begin());
      return OkStatus();
    }
    side->row = side->batch.rows;
    QR_RETURN_IF_ERROR(side->input->SkipTo(value));
    QR_RETURN_IF_ERROR(Fill(side));
  }
  return OkStatus();
}

Status MergeJoinOperator::CollectRun() {
  run_key_ = right_.Key();
  run_.emplace(&context(), right_.input->vars().size());
  while (!right_.done && right_.Key() == run_key_) {
    const auto& keys = right_.batch.columns[right_.key];
    size_t end = right_.row;
    while (end < keys.size() && keys[end] == run_key_) ++end;
    Batch part;
    part.Reset(right_.batch.columns.size());
    for (size_t c = 0; c < part.columns.size(); ++c) {
      const auto& source = right_.batch.columns[c];
      part.columns[c].assign(source.begin() + static_cast<ptrdiff_t>(right_.row),
                             source.begin() + static_cast<ptrdiff_t>(end));
    }
    part.rows = end - right_.row;
    QR_RETURN_IF_ERROR(run_->Append(part));
    right_.row = end;
    QR_RETURN_IF_ERROR(Fill(&right_));
  }
  run_row_ = 0;
  run_active_ = true;
  return OkStatus();
}

bool MergeJoinOperator::Compatible(size_t run_row) const {
  return std::all_of(shared_.begin(), shared_.end(), [&](const SharedColumn& shared) {
    const TermId a = left_.batch.columns[shared.left][left_.row];
    const TermId b = run_->at(shared.right, run_row);
    return a == b || a == kNoTerm || b == kNoTerm;
  });
}

// Pairs the current left row with the rest of the run, as far as the batch has room.
void MergeJoinOperator::EmitPairs(Batch* out) {
  for (; run_row_ < run_->rows() && out->rows < kBatchRows; ++run_row_) {
    if (!shared_.empty() && !Compatible(run_row_)) continue;
    for (size_t c = 0; c < out->columns.size(); ++c) {
      out->columns[c].push_back(right_of_output_[c] < 0
                                    ? left_.batch.columns[c][left_.row]
                                    : run_->at(static_cast<size_t>(right_of_output_[c]), run_row_));
    }
    for (const SharedColumn& shared : shared_) {
      TermId& target = out->columns[shared.left].back();
      if (target == kNoTerm) target = run_->at(shared.right, run_row_);
    }
    ++out->rows;
  }
}

Status MergeJoinOperator::Produce(Batch* out) {
  while (out->rows < kBatchRows) {
    QR_RETURN_IF_ERROR(Fill(&left_));
    if (left_.done) return OkStatus();
    if (run_active_) {
      if (left_.Key() == run_key_) {
        EmitPairs(out);
        if (run_row_ == run_->rows()) {
          run_row_ = 0;
          ++left_.row;
          if (QR_MUTANT("merge-join-skips-duplicates")) run_active_ = false;
        }
        continue;
      }
      run_active_ = false;
    }
    QR_RETURN_IF_ERROR(Fill(&right_));
    if (right_.done) return OkStatus();
    const TermId left_key = left_.Key(), right_key = right_.Key();
    if (left_key < right_key) {
      QR_RETURN_IF_ERROR(Advance(&left_, right_key));
    } else if (right_key < left_key) {
      QR_RETURN_IF_ERROR(Advance(&right_, left_key));
    } else {
      QR_RETURN_IF_ERROR(CollectRun());
    }
  }
  return OkStatus();
}

}  // namespace quadraft::sparql
