#include "sparql/exec/simple_operators.h"

#include <algorithm>

#include "core/base/mutant.h"

namespace quadraft::sparql {

Status ValuesOperator::Produce(Batch* out) {
  for (; next_ < rows_.size() && out->rows < kBatchRows; ++next_, ++out->rows) {
    for (size_t c = 0; c < out->columns.size(); ++c) out->columns[c].push_back(rows_[next_][c]);
  }
  return OkStatus();
}

Status FilterOperator::Produce(Batch* out) {
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
    if (rows == 0) return OkStatus();
    QR_RETURN_IF_ERROR(conditions_->Passing(*out, &kept_));
    if (kept_.size() != rows) out->Keep(kept_);
    if (out->rows > 0) return OkStatus();
  }
}

RestrictOperator::RestrictOperator(ExecContext* context, OperatorPtr child,
                                   const std::vector<std::pair<Var, TermId>>& restrictions)
    : Operator(context, child->vars()), child_(std::move(child)) {
  for (const auto& [var, id] : restrictions) {
    if (const int column = ColumnOf(vars(), var); column >= 0) wanted_.emplace_back(column, id);
  }
}

Status RestrictOperator::Produce(Batch* out) {
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
    if (rows == 0) return OkStatus();
    kept_.clear();
    for (size_t row = 0; row < rows; ++row) {
      const bool agrees = std::all_of(wanted_.begin(), wanted_.end(), [&](const auto& wanted) {
        const TermId value = out->columns[wanted.first][row];
        return value == kNoTerm || value == wanted.second;
      });
      if (agrees) kept_.push_back(static_cast<uint32_t>(row));
    }
    out->Keep(kept_);
    if (out->rows > 0) return OkStatus();
  }
}

Status ExtendOperator::Produce(Batch* out) {
  QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
  const size_t first = child_->vars().size();
  out->columns.resize(vars().size());
  for (size_t i = 0; i < extensions_.size(); ++i) out->columns[first + i].assign(rows, kNoTerm);
  for (size_t row = 0; row < rows; ++row) {
    env_->NewSolution();
    for (size_t i = 0; i < extensions_.size(); ++i) {
      out->columns[first + i][row] = extensions_[i]->EvaluateId(*out, row);
    }
    if (!env_->status().ok()) return env_->status();
  }
  return OkStatus();
}

ProjectOperator::ProjectOperator(ExecContext* context, std::vector<Var> vars, OperatorPtr child)
    : Operator(context, std::move(vars)), child_(std::move(child)) {
  for (const Var var : this->vars()) sources_.push_back(ColumnOf(child_->vars(), var));
}

Status ProjectOperator::Produce(Batch* out) {
  QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(&batch_));
  for (size_t c = 0; c < sources_.size(); ++c) {
    if (sources_[c] < 0) {
      out->columns[c].assign(rows, kNoTerm);
    } else {
      out->columns[c] = batch_.columns[static_cast<size_t>(sources_[c])];
    }
  }
  out->rows = rows;
  return OkStatus();
}

Status SliceOperator::Produce(Batch* out) {
  if (limit_ == 0) return OkStatus();
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
    if (rows == 0) return OkStatus();
    if (skip_ >= rows) {
      skip_ -= rows;
      out->Reset(vars().size());
      continue;
    }
    size_t end = rows;
    const size_t begin = static_cast<size_t>(skip_);
    if (limit_ && *limit_ < rows - begin) end = begin + static_cast<size_t>(*limit_);
    if (limit_ && QR_MUTANT("limit-counts-offset"))
      end = std::max(begin, std::min(rows, static_cast<size_t>(*limit_)));
    for (auto& column : out->columns) {
      column.resize(end);
      column.erase(column.begin(), column.begin() + static_cast<ptrdiff_t>(begin));
    }
    out->rows = end - begin;
    skip_ = 0;
    if (limit_) *limit_ -= out->rows;
    return OkStatus();
  }
}

Status UnionOperator::Produce(Batch* out) {
  while (current_ < children_.size()) {
    Operator& child = *children_[current_];
    QR_ASSIGN_OR_RETURN(const size_t rows, child.Next(&batch_));
    if (rows == 0) {
      children_[current_++].reset();
      continue;
    }
    for (size_t c = 0; c < vars().size(); ++c) {
      const int source = ColumnOf(child.vars(), vars()[c]);
      if (source < 0) {
        out->columns[c].assign(rows, kNoTerm);
      } else {
        out->columns[c] = batch_.columns[static_cast<size_t>(source)];
      }
    }
    out->rows = rows;
    return OkStatus();
  }
  return OkStatus();
}

Status DistinctOperator::Produce(Batch* out) {
  std::vector<TermId> key(vars().size());
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
    if (rows == 0) return OkStatus();
    kept_.clear();
    for (size_t row = 0; row < rows; ++row) {
      for (size_t c = 0; c < key.size(); ++c) key[c] = out->columns[c][row];
      QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen_.Insert(key.data()));
      if (place.added) kept_.push_back(static_cast<uint32_t>(row));
    }
    out->Keep(kept_);
    if (out->rows > 0) return OkStatus();
  }
}

Status ReducedOperator::Produce(Batch* out) {
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(out));
    if (rows == 0) return OkStatus();
    kept_.clear();
    last_.resize(vars().size());
    for (size_t row = 0; row < rows; ++row) {
      bool same = any_;
      for (size_t c = 0; c < last_.size(); ++c) {
        same = same && last_[c] == out->columns[c][row];
        last_[c] = out->columns[c][row];
      }
      any_ = true;
      if (!same) kept_.push_back(static_cast<uint32_t>(row));
    }
    out->Keep(kept_);
    if (out->rows > 0) return OkStatus();
  }
}

}  // namespace quadraft::sparql
