// Reading runs: a cursor over the rows of one run that begin with a prefix, and the merge of several.
//
//   RunMerge merge;                                   // Of one permutation of a RunSet.
//   for (const auto& run : set.recent) merge.Add(RunCursor(*run, permutation, prefix));
//   for (const auto& run : set.stored) merge.Add(RunCursor(*run, snapshot, permutation, prefix));
//   QR_RETURN_IF_ERROR(merge.SeekTo(prefix));
//   while (true) { QR_ASSIGN_OR_RETURN(bool row, merge.Next()); if (!row) break; ... merge.ids(), merge.toggles() ... }
//
// Runs and snapshot outlive cursor and merge. DataLoss: a block that is missing or malformed.
#ifndef QUADRAFT_STORE_RUNS_RUN_CURSOR_H_
#define QUADRAFT_STORE_RUNS_RUN_CURSOR_H_

#include <span>
#include <vector>

#include "core/base/status.h"
#include "store/runs/block.h"
#include "store/runs/run.h"

namespace quadraft::store {

class RunCursor {
 public:
  RunCursor(const RecentRun& run, Permutation permutation, KeyPrefix prefix);
  RunCursor(const StoredRun& run, const KvSnapshot& snapshot, Permutation permutation,
            KeyPrefix prefix);

  // The row at hand; nullptr before the first SeekTo and behind the last row. Good until the next
  // move.
  const Row* row() const { return at_ == end_ ? nullptr : at_; }
  Status Next() {
    return ++at_ != end_ || stored_ == nullptr ? OkStatus() : LoadFrom(block_ + 1, prefix_);
  }
  // To the first row at or after `target`, which begins with the prefix. Never back.
  Status SeekTo(std::span<const uint64_t> target);
  // How many rows of the prefix the run has at least, as its fences tell.
  uint64_t RowsAtLeast() const;
  // How many it has.
  StatusOr<uint64_t> Rows() const;

 private:
  const std::vector<KeyIds>& fences() const {
    return stored_->fences[static_cast<size_t>(permutation_)];
  }
  StatusOr<Block> ReadBlock(size_t block, std::string* bytes) const;
  // How many rows of the run lie before the prefix (above: before all behind it).
  StatusOr<uint64_t> RowsBefore(bool above) const;
  // Rows of the prefix at or after `target`: of the first block from `block` on that has any.
  Status LoadFrom(size_t block, std::span<const uint64_t> target);

  KeyPrefix prefix_;
  bool started_ = false;
  const Row* at_ = nullptr;
  const Row* end_ = nullptr;
  // Of a recent run: all its rows of the prefix.
  const Row* first_ = nullptr;
  const Row* last_ = nullptr;
  const std::vector<Row>* recent_ = nullptr;
  // Of a stored one.
  const StoredRun* stored_ = nullptr;
  const KvSnapshot* snapshot_ = nullptr;
  Permutation permutation_ = Permutation::kSpog;
  std::vector<Row> rows_;  // Of the block at hand.
  size_t block_ = 0;       // Which that is; block_end_: the end was reached.
  size_t block_end_ = 0;   // Behind the last block that may have rows of the prefix.
};

class RunMerge {
 public:
  void Add(RunCursor cursor) { cursors_.push_back(std::move(cursor)); }
  // After the first call none is added.
  Status SeekTo(std::span<const uint64_t> target);
  // The next quad with all its rows; false: there is none.
  StatusOr<bool> Next();
  const KeyIds& ids() const { return ids_; }
  const std::vector<uint64_t>& toggles() const { return toggles_; }  // Ascending; at least one.
  std::vector<uint64_t>* mutable_toggles() { return &toggles_; }

 private:
  void Pick();
  Status Gather(RunCursor& cursor);

  std::vector<RunCursor> cursors_;
  RunCursor* current_ = nullptr;  // The one with the smallest row; nullptr: all have ended.
  const Row* bound_ = nullptr;    // The smallest row of the others.
  KeyIds ids_{};
  std::vector<uint64_t> toggles_;
};

// Whether the quad is there at `at`. `snapshot` is asked only for runs whose filter says maybe.
StatusOr<bool> IsThere(const RunSet& set, const KvSnapshot& snapshot, const IdQuad& quad,
                       Timestamp at);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_RUN_CURSOR_H_
