// A block: up to kBlockRowsMax rows of a run, by columns (store/FORMAT.md, section 2.1).
//
// Every column is a base and small distances to it, or a dictionary of its few values and small numbers
// into that, whichever is shorter; both of a fixed width, so that a row is found without decoding
// the others.
//
//   std::string bytes = EncodeBlock(rows);
//   QR_ASSIGN_OR_RETURN(Block block, Block::Parse(bytes));   // `bytes` must outlive it.
//   const size_t first = block.LowerBound(prefix);
//   block.Decode(first, block.rows(), &rows);
#ifndef QUADRAFT_STORE_RUNS_BLOCK_H_
#define QUADRAFT_STORE_RUNS_BLOCK_H_

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "store/runs/row.h"

namespace quadraft::store {

inline constexpr size_t kBlockRowsMax = 512;

std::string EncodeBlock(std::span<const Row> rows);  // 1 to kBlockRowsMax, ascending.

class Block {
 public:
  static StatusOr<Block> Parse(std::string_view bytes);  // DataLoss when it is none.

  size_t rows() const { return rows_; }
  // The first row whose ids are not below `prefix`; rows() when there is none.
  size_t LowerBound(std::span<const uint64_t> prefix) const { return Bound(prefix, 0); }
  // The first row whose ids are above all that begin with `prefix`.
  size_t UpperBound(std::span<const uint64_t> prefix) const { return Bound(prefix, 1); }
  // Rows [first, end), replacing *out.
  void Decode(size_t first, size_t end, std::vector<Row>* out) const;

 private:
  static constexpr size_t kColumns = 5;  // Four ids and the timestamp.
  struct Column {
    uint64_t base = 0;
    uint64_t mask = 0;
    uint32_t width = 0;               // Bytes a row; 0: all rows have `base`.
    uint32_t values = 0;              // Of the dictionary; 0: none.
    const char* numbers = nullptr;    // Rows times width.
    const char* dictionary = nullptr;
    uint64_t At(size_t row) const {
      uint64_t number = 0;
      __builtin_memcpy(&number, numbers + row * width, sizeof(number));
      number &= mask;
      if (dictionary == nullptr) return base + number;
      uint64_t value = 0;
      __builtin_memcpy(&value, dictionary + number * sizeof(value), sizeof(value));
      return value;
    }
  };
  static Status ParseColumn(std::string_view* in, size_t rows, Column* column);
  size_t Bound(std::span<const uint64_t> prefix, int above) const;

  size_t rows_ = 0;
  std::array<Column, kColumns> columns_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_BLOCK_H_
