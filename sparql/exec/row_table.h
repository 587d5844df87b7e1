// Rows kept by an operator, column by column, charged to the query.
//
//   RowTable table(&context, column_count);
//   QR_RETURN_IF_ERROR(table.Append(batch));  ...  table.at(column, row)
//
// JoinIndex finds the rows of a table by the values of some of its columns: chained hashing with 32-bit links, the rows of
// one chain in the order in which they were appended. KeySet numbers distinct rows in the order of their first appearance.
#ifndef QUADRAFT_SPARQL_EXEC_ROW_TABLE_H_
#define QUADRAFT_SPARQL_EXEC_ROW_TABLE_H_

#include <cstdint>
#include <vector>

#include "sparql/exec/batch.h"
#include "sparql/exec/context.h"

namespace quadraft::sparql {

inline constexpr uint32_t kNoRow = UINT32_MAX;

inline uint64_t HashStep(uint64_t hash, TermId id) {
  // Multiply and fold: ids differ in low bits and in tags; both must reach the high half.
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(hash ^ id.value()) * 0x9e3779b97f4a7c15u;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

class RowTable {
 public:
  RowTable(ExecContext* context, size_t column_count) : charge_(context), columns_(column_count) {}

  Status Append(const Batch& batch);  // ResourceExhausted, also beyond 2^32 - 2 rows.
  size_t rows() const { return rows_; }
  TermId at(size_t column, size_t row) const { return columns_[column][row]; }
  const std::vector<TermId>& column(size_t index) const { return columns_[index]; }
  MemoryCharge& charge() { return charge_; }
  // Keeps the rows with these numbers, in this order.
  Status Rearrange(const std::vector<uint32_t>& order);

 private:
  Status Recharge();
  MemoryCharge charge_;
  std::vector<std::vector<TermId>> columns_;
  size_t rows_ = 0;
};

class JoinIndex {
 public:
  explicit JoinIndex(ExecContext* context) : charge_(context), context_(context) {}

  // `table` must not change afterwards.
  Status Build(const RowTable* table, std::vector<size_t> key_columns);
  // The first row whose keys may be these (same hash bucket), kNoRow when none; then along Next. Compare with Matches.
  uint32_t First(uint64_t hash) const { return heads_[(hash >> shift_)]; }
  uint32_t Next(uint32_t row) const { return next_[row]; }
  // Whether the row's keys are the values at `row` of the probe's columns.
  bool Matches(uint32_t table_row, const Batch& probe, const std::vector<size_t>& probe_columns, size_t row) const {
    for (size_t i = 0; i < key_columns_.size(); ++i) {
      if (table_->at(key_columns_[i], table_row) != probe.columns[probe_columns[i]][row]) return false;
    }
    return true;
  }
  // One hash per row of the probe.
  static void Hash(const Batch& probe, const std::vector<size_t>& columns, std::vector<uint64_t>* hashes);

 private:
  MemoryCharge charge_;
  ExecContext* const context_;
  const RowTable* table_ = nullptr;
  std::vector<size_t> key_columns_;
  std::vector<uint32_t> heads_, next_;
  int shift_ = 63;
};

class KeySet {
 public:
  KeySet(ExecContext* context, size_t width) : charge_(context), width_(width) {}

  struct Place {
    uint32_t number;
    bool added;
  };
  // `key` has `width` ids.
  StatusOr<Place> Insert(const TermId* key);
  bool Find(const TermId* key) const;
  size_t size() const { return count_; }
  const TermId* key(size_t number) const { return keys_.data() + number * width_; }

 private:
  Status Grow();
  uint64_t HashOf(const TermId* key) const {
    uint64_t hash = 0;
    for (size_t i = 0; i < width_; ++i) hash = HashStep(hash, key[i]);
    return hash;
  }
  MemoryCharge charge_;
  const size_t width_;
  size_t count_ = 0;
  std::vector<TermId> keys_;
  std::vector<uint32_t> slots_;  // Open addressing, a power of two, at most half full.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_ROW_TABLE_H_
