#include "sparql/exec/row_table.h"

#include <algorithm>
#include <bit>

#include "core/base/mutant.h"

namespace quadraft::sparql {

namespace {

constexpr size_t kRowsPerCheck = 1u << 16;  // Between looks at the deadline in loops over rows.

}  // namespace

Status RowTable::Recharge() {
  size_t bytes = 0;
  for (const auto& column : columns_) bytes += column.capacity() * sizeof(TermId);
  return charge_.Set(bytes);
}

Status RowTable::Append(const Batch& batch) {
  if (rows_ + batch.rows >= kNoRow) return ResourceExhausted("an intermediate result of 2^32 rows");
  for (size_t i = 0; i < columns_.size(); ++i) {
    // Asked for before it is taken: doubling is what can overrun the budget.
    const size_t needed = columns_[i].size() + batch.rows;
    if (needed > columns_[i].capacity()) {
      const size_t capacity = std::max(needed, columns_[i].capacity() * 2);
      QR_RETURN_IF_ERROR(charge_.Add((capacity - columns_[i].capacity()) * sizeof(TermId)));
      columns_[i].reserve(capacity);
    }
    columns_[i].insert(columns_[i].end(), batch.columns[i].begin(), batch.columns[i].end());
  }
  rows_ += batch.rows;
  return OkStatus();
}

Status RowTable::Rearrange(const std::vector<uint32_t>& order) {
  std::vector<TermId> moved;
  for (auto& column : columns_) {
    moved.resize(order.size());
    for (size_t i = 0; i < order.size(); ++i) moved[i] = column[order[i]];
    column.assign(moved.begin(), moved.end());
  }
  rows_ = order.size();
  return Recharge();
}

void JoinIndex::Hash(const Batch& probe, const std::vector<size_t>& columns,
                     std::vector<uint64_t>* hashes) {
  hashes->assign(probe.rows, 0);
  for (const size_t column : columns) {
    const TermId* ids = probe.columns[column].data();
    for (size_t row = 0; row < probe.rows; ++row)
      (*hashes)[row] = HashStep((*hashes)[row], ids[row]);
  }
}

Status JoinIndex::Build(const RowTable* table, std::vector<size_t> key_columns) {
  table_ = table;
  key_columns_ = std::move(key_columns);
  const size_t buckets = std::max<size_t>(2, std::bit_ceil(table->rows() + table->rows() / 2));
  QR_RETURN_IF_ERROR(charge_.Set((buckets + table->rows()) * sizeof(uint32_t)));
  shift_ = 64 - std::countr_zero(buckets);
  heads_.assign(buckets, kNoRow);
  next_.resize(table->rows());
  // Backwards, so that each chain runs forwards.
  for (size_t row = table->rows(); row-- > 0;) {
    uint64_t hash = 0;
    for (const size_t column : key_columns_) hash = HashStep(hash, table->at(column, row));
    uint32_t& head = heads_[hash >> shift_];
    next_[row] = head;
    head = static_cast<uint32_t>(row);
    if (row % kRowsPerCheck == 0) QR_RETURN_IF_ERROR(context_->CheckInterrupted());
  }
  return OkStatus();
}

Status KeySet::Grow() {
  const size_t slots = std::max<size_t>(64, slots_.size() * 2);
  QR_RETURN_IF_ERROR(charge_.Set(slots * sizeof(uint32_t) + slots / 2 * width_ * sizeof(TermId)));
  slots_.assign(slots, kNoRow);
  keys_.reserve(slots / 2 * width_);
  for (size_t number = 0; number < count_; ++number) {
    size_t at = HashOf(key(number)) & (slots - 1);
    while (slots_[at] != kNoRow) at = (at + 1) & (slots - 1);
    slots_[at] = static_cast<uint32_t>(number);
  }
  return OkStatus();
}

bool KeySet::Find(const TermId* wanted) const {
  if (slots_.empty()) return false;
  const size_t mask = slots_.size() - 1;
  for (size_t at = HashOf(wanted) & mask; slots_[at] != kNoRow; at = (at + 1) & mask) {
    if (std::equal(wanted, wanted + width_, key(slots_[at]))) return true;
  }
  return false;
}

StatusOr<KeySet::Place> KeySet::Insert(const TermId* wanted) {
  if (2 * (count_ + 1) > slots_.size()) QR_RETURN_IF_ERROR(Grow());
  const size_t mask = slots_.size() - 1;
  size_t at = HashOf(wanted) & mask;
  while (slots_[at] != kNoRow) {
    if (QR_MUTANT("distinct-by-hash-alone") ||
        std::equal(wanted, wanted + width_, key(slots_[at]))) {
      return Place{slots_[at], false};
    }
    at = (at + 1) & mask;
  }
  if (count_ + 1 >= kNoRow) return ResourceExhausted("2^32 distinct rows");
  slots_[at] = static_cast<uint32_t>(count_);
  keys_.insert(keys_.end(), wanted, wanted + width_);
  return Place{static_cast<uint32_t>(count_++), true};
}

}  // namespace quadraft::sparql
