#include "sparql/exec/order_by.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/mutant.h"

namespace quadraft::sparql {

OrderByOperator::OrderByOperator(ExecContext* context, OperatorPtr child,
                                 EvaluationEnvironment* env, std::vector<SortKey> keys,
                                 std::optional<uint64_t> limit)
    : Operator(context, child->vars()),
      child_(std::move(child)),
      env_(env),
      keys_(std::move(keys)),
      limit_(limit),
      rows_(context, vars().size()),
      values_charge_(context) {}

Status OrderByOperator::AppendKeys(const Batch& batch) {
  size_t bytes = batch.rows * keys_.size() * sizeof(Value);
  for (size_t row = 0; row < batch.rows; ++row) {
    for (const SortKey& key : keys_) {
      values_.push_back(key.expression->Evaluate(batch, row));
      bytes += values_.back().text.size() + values_.back().extra.size();
    }
  }
  QR_RETURN_IF_ERROR(env_->status());
  return values_charge_.Add(bytes);
}

bool OrderByOperator::Before(uint32_t a, uint32_t b) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    const auto order = OrderCompare(values_[a * keys_.size() + k], values_[b * keys_.size() + k]);
    if (order != 0) return keys_[k].descending ? order > 0 : order < 0;
  }
  return false;
}

Status OrderByOperator::Sort() {
  const size_t rows = rows_.rows();
  std::vector<uint32_t> order(rows), merged(rows);
  std::iota(order.begin(), order.end(), 0u);
  const auto before = [this](uint32_t a, uint32_t b) { return Before(a, b); };
  // Runs of a batch by the library, then merged bottom-up, so that no step is long: the deadline is
  // felt in between.
  for (size_t at = 0; at < rows; at += kBatchRows) {
    QR_RETURN_IF_ERROR(context().CheckInterrupted());
    std::stable_sort(order.begin() + static_cast<ptrdiff_t>(at),
                     order.begin() + static_cast<ptrdiff_t>(std::min(rows, at + kBatchRows)),
                     before);
  }
  for (size_t width = kBatchRows; width < rows; width *= 2) {
    for (size_t at = 0; at < rows; at += 2 * width) {
      const size_t middle = std::min(rows, at + width), end = std::min(rows, at + 2 * width);
      size_t left = at, right = middle;
      for (size_t to = at; to < end; ++to) {
        if (to % kBatchRows == 0) QR_RETURN_IF_ERROR(context().CheckInterrupted());
        const bool take_right =
            left == middle || (right < end && Before(order[right], order[left]));
        merged[to] = take_right ? order[right++] : order[left++];
      }
    }
    order.swap(merged);
  }
  const uint64_t off = QR_MUTANT("order-limit-off-by-one") && limit_ > 0u ? 1 : 0;
  if (limit_ && order.size() > *limit_) order.resize(static_cast<size_t>(*limit_ - off));
  std::vector<Value> values;
  values.reserve(order.size() * keys_.size());
  size_t bytes = 0;
  for (const uint32_t row : order) {
    for (size_t k = 0; k < keys_.size(); ++k) {
      values.push_back(std::move(values_[row * keys_.size() + k]));
      bytes += sizeof(Value) + values.back().text.size() + values.back().extra.size();
    }
  }
  values_ = std::move(values);
  QR_RETURN_IF_ERROR(values_charge_.Set(bytes));
  return rows_.Rearrange(order);
}

Status OrderByOperator::Consume() {
  Batch batch;
  while (true) {
    QR_ASSIGN_OR_RETURN(const size_t rows, child_->Next(&batch));
    if (rows == 0) break;
    QR_RETURN_IF_ERROR(rows_.Append(batch));
    QR_RETURN_IF_ERROR(AppendKeys(batch));
    if (limit_ && rows_.rows() > kTopRowsSlack && rows_.rows() / 2 > *limit_)
      QR_RETURN_IF_ERROR(Sort());
  }
  child_.reset();
  return Sort();
}

Status OrderByOperator::Produce(Batch* out) {
  if (child_ != nullptr) QR_RETURN_IF_ERROR(Consume());
  const size_t end = std::min(rows_.rows(), next_ + kBatchRows);
  for (size_t c = 0; c < out->columns.size(); ++c) {
    const auto& column = rows_.column(c);
    out->columns[c].assign(column.begin() + static_cast<ptrdiff_t>(next_),
                           column.begin() + static_cast<ptrdiff_t>(end));
  }
  out->rows = end - next_;
  next_ = end;
  return OkStatus();
}

}  // namespace quadraft::sparql
