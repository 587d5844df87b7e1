#include "sparql/exec/index_join.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "sparql/planner/plan_nodes.h"

namespace quadraft::sparql {

IndexJoinOperator::IndexJoinOperator(ExecContext* context, const Plan& plan, OperatorPtr left)
    : Operator(context, plan.vars),
      left_(std::move(left)),
      quad_(plan.quad),
      optional_(plan.optional) {
  for (size_t i = 0; i < 4; ++i) {
    left_columns_[i] = quad_.slots[i].var ? ColumnOf(left_->vars(), *quad_.slots[i].var) : -1;
  }
}

void IndexJoinOperator::Open(const Key& key) {
  QuadPattern quad = quad_;
  bool possible = true;
  for (size_t i = 0; i < 4; ++i) {
    quad.slots[i].id = key[i];
    if (key[i] != kNoTerm) possible = possible && store::TagOf(key[i]) != store::IdTag::kLocal;
  }
  // A graph that the row binds must still be one of those that count.
  if (key[3] != kNoTerm && quad_.slots[3].id == kNoTerm) {
    if (quad_.graphs != nullptr) {
      possible = possible && std::binary_search(quad_.graphs->begin(), quad_.graphs->end(), key[3]);
    } else {
      possible = possible && key[3] != store::kDefaultGraphId;
    }
  }
  // Likewise a predicate, against a negated property set.
  if (key[1] != kNoTerm && quad_.excluded_predicates != nullptr) {
    const auto& excluded = *quad_.excluded_predicates;
    possible = possible && !std::binary_search(excluded.begin(), excluded.end(), key[1]);
  }
  key_ = key;
  whole_ = false;
  match_row_ = 0;
  matches_.Reset(0);
  source_.reset();
  if (!possible) {
    whole_ = true;
    return;
  }
  const store::Permutation permutation = BestPermutation(quad);
  match_outputs_.clear();
  for (const Var var : ScanVars(quad, permutation)) match_outputs_.push_back(ColumnOf(vars(), var));
  source_.emplace(&context(), quad, permutation);
}

StatusOr<bool> IndexJoinOperator::NextLeftRow() {
  if (started_) ++left_row_;
  if (!started_ || left_row_ >= left_batch_.rows) {
    QR_ASSIGN_OR_RETURN(const size_t rows, left_->Next(&left_batch_));
    if (rows == 0) return false;
    left_row_ = 0;
    started_ = true;
  }
  row_matched_ = false;
  Key key;
  for (size_t i = 0; i < 4; ++i) {
    key[i] = left_columns_[i] < 0
                 ? quad_.slots[i].id
                 : left_batch_.columns[static_cast<size_t>(left_columns_[i])][left_row_];
  }
  const bool same =
      key_ && QR_MUTANT("index-join-key-in-part") ? (*key_)[0] == key[0] : key_ == key;
  if (same && whole_) {
    match_row_ = 0;
  } else {
    Open(key);
  }
  return true;
}

StatusOr<size_t> IndexJoinOperator::NextMatches() {
  if (match_row_ < matches_.rows) return matches_.rows;
  if (!source_) return size_t{0};
  const bool first = matches_.rows == 0;
  Batch next;
  QR_ASSIGN_OR_RETURN(const size_t rows, source_->Next(&next));
  if (rows == 0) {
    source_.reset();
    whole_ = first;  // No match at all is a result worth keeping, too.
    return size_t{0};
  }
  matches_ = std::move(next);
  match_row_ = 0;
  if (first && rows < kBatchRows / 2) {
    // Probably all there is; a second look makes sure, and then the next row may use it again.
    QR_ASSIGN_OR_RETURN(const size_t more, source_->Next(&next));
    if (more == 0) {
      source_.reset();
      whole_ = true;
    } else {
      for (size_t c = 0; c < matches_.columns.size(); ++c) {
        matches_.columns[c].insert(matches_.columns[c].end(), next.columns[c].begin(),
                                   next.columns[c].end());
      }
      matches_.rows += more;
    }
  }
  return matches_.rows;
}

void IndexJoinOperator::Emit(Batch* out) {
  for (; match_row_ < matches_.rows && out->rows < kBatchRows; ++match_row_) {
    const size_t left_width = left_batch_.columns.size();
    for (size_t c = 0; c < out->columns.size(); ++c) {
      out->columns[c].push_back(c < left_width ? left_batch_.columns[c][left_row_] : kNoTerm);
    }
    for (size_t m = 0; m < match_outputs_.size(); ++m) {
      out->columns[static_cast<size_t>(match_outputs_[m])].back() = matches_.columns[m][match_row_];
    }
    ++out->rows;
    row_matched_ = true;
  }
}

void IndexJoinOperator::EmitAlone(Batch* out) {
  for (size_t c = 0; c < out->columns.size(); ++c) {
    out->columns[c].push_back(c < left_batch_.columns.size() ? left_batch_.columns[c][left_row_]
                                                             : kNoTerm);
  }
  ++out->rows;
  row_matched_ = true;
}

Status IndexJoinOperator::Produce(Batch* out) {
  size_t seeks = 0;
  constexpr size_t kSeeksPerCheck = 256;
  if (ended_) return OkStatus();
  if (!started_) {
    QR_ASSIGN_OR_RETURN(const bool more, NextLeftRow());
    if (!more) return OkStatus();
  }
  while (out->rows < kBatchRows) {
    QR_ASSIGN_OR_RETURN(const size_t rows, NextMatches());
    if (rows > 0) {
      Emit(out);
      continue;
    }
    if (optional_ && !row_matched_) EmitAlone(out);
    if (++seeks % kSeeksPerCheck == 0) QR_RETURN_IF_ERROR(context().CheckInterrupted());
    QR_ASSIGN_OR_RETURN(const bool more, NextLeftRow());
    if (!more) {
      ended_ = true;  // The left side must not be asked again.
      return OkStatus();
    }
  }
  return OkStatus();
}

}  // namespace quadraft::sparql
