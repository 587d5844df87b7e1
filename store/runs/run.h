// Runs: immutable sorted rows, each in all six permutations. Recent ones are small and in memory (the
// write-ahead log has what they hold); stored ones lie in blocks in the key-value store.
//
// A RunSet is what a view reads: every row of a space is in exactly one of its runs.
#ifndef QUADRAFT_STORE_RUNS_RUN_H_
#define QUADRAFT_STORE_RUNS_RUN_H_

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "store/kv/keys.h"
#include "store/kv/kv_store.h"
#include "store/runs/row.h"

namespace quadraft::store {

// What runs of one kind look like.
struct RunShape {
  int permutations = 1;
  bool filter_whole = false;  // Whether the filter is asked for all four ids of a row,
  bool filter_first = false;  // and for the first one alone.
};
inline constexpr RunShape kQuadShape{
    .permutations = kPermutationCount, .filter_whole = true, .filter_first = true};

struct RecentRun {
  std::array<std::vector<Row>, kPermutationCount> rows;  // The same rows in each order.
  size_t size() const { return rows[0].size(); }
};

// Whether a run may have rows that begin with a key, some of the first ids of its permutation 0: a Bloom filter
// whose bits for one key lie in one word.
class RowFilter {
 public:
  RowFilter() = default;
  explicit RowFilter(uint64_t keys);  // Sized for these many.
  explicit RowFilter(std::vector<uint64_t> words) : words_(std::move(words)) {}
  void Add(std::span<const uint64_t> key);
  bool MayHave(std::span<const uint64_t> key) const;
  const std::vector<uint64_t>& words() const { return words_; }

 private:
  std::vector<uint64_t> words_;
};

struct StoredRun {
  SpaceId space = 0;
  RunId id = 0;
  uint32_t level = 0;
  uint32_t block_rows = 0;  // Of all blocks but a permutation's last.
  uint64_t rows = 0;
  Timestamp horizon;  // What only reads before it need was left out.
  Timestamp newest;   // Of its rows.
  bool filter_first = false;  // The filter knows first ids: not in runs of format 1.
  std::array<std::vector<KeyIds>, kPermutationCount> fences;  // The first ids of each block.
  RowFilter filter;
};

struct RunSet {
  std::vector<std::shared_ptr<const RecentRun>> recent;
  std::vector<std::shared_ptr<const StoredRun>> stored;  // By id.
};

// What a stored run says about itself (key 'u'); fences and filter have keys of their own.
std::string EncodeRunMeta(const StoredRun& run);
// All stored runs of a space, whole. DataLoss when one of their keys is missing or malformed.
StatusOr<std::vector<std::shared_ptr<const StoredRun>>> LoadRuns(const KvStore& kv, SpaceId space,
                                                                 const RunShape& shape);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_RUN_H_
