// The index of one space: its recent rows in memory, and its stored runs, which it writes and merges.
//
//   QR_ASSIGN_OR_RETURN(auto index, QuadIndex::Open(kv, group, space, options, hooks));
//   index->Add(changes);                                    // In memory: the log has them.
//   if (index->WantsFold()) QR_RETURN_IF_ERROR(index->Fold(&batch));   // Now in the store.
//
// Recent runs and stored ones are merged like the digits of a counter: kRunsPerLevel runs of one
// level become one of the next, so that a row is written a few times and a read looks into a few
// runs (an LSM tree of tiers; O'Neil 1996, "The log-structured merge-tree"). Stored runs are merged a slice
// per turn of the loop. A merge drops what no read at its horizon or later needs.
//
// Invariants: 1. every row is in exactly one run of runs(); 2. the permutations of a run hold the same
// rows; 3. a RunSet once taken never changes, and a snapshot of the store taken with it has its blocks.
#ifndef QUADRAFT_STORE_RUNS_QUAD_INDEX_H_
#define QUADRAFT_STORE_RUNS_QUAD_INDEX_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/env/random.h"
#include "store/runs/run.h"
#include "store/runs/run_cursor.h"
#include "store/runs/run_writer.h"

namespace quadraft::store {

inline constexpr size_t kRunsPerLevel = 4;
inline constexpr size_t kLevelRunsMax = 12;  // Of one level; then the merge under way is ended at once.

struct QuadChange {
  IdQuad quad;
  Timestamp at;
};

class QuadIndex {
 public:
  struct Options {
    // Then a fold is wanted, or somewhat before: replicas of one group should not fold at the same
    // entry, or all of them stand still at the same time. 240 bytes each.
    size_t recent_rows_max = 8u << 10;
    uint32_t block_rows = kBlockRowsMax;
    size_t merged_rows_per_slice = 16u << 10;  // Of all permutations together.
  };
  // A run that left the index, or never came into it: its keys are to be swept, its marker is there.
  using OnOldRun = absl::AnyInvocable<void(SpaceId, RunId)>;

  static StatusOr<std::unique_ptr<QuadIndex>> Open(KvStore& kv, GroupId group, SpaceId space,
                                                   const Options& options, OnOldRun on_old_run);

  SpaceId space() const { return space_; }
  // As of now; cheap when nothing changed since the last call.
  std::shared_ptr<const RunSet> runs() const;
  // What was there before this may be missing from the runs.
  Timestamp horizon() const { return horizon_; }

  // `changes` came or went, each for itself; the caller has looked (IsThere).
  void Add(const std::vector<QuadChange>& changes);
  size_t recent_rows() const { return recent_rows_; }
  bool WantsFold() const { return recent_rows_ >= fold_rows_; }
  // All recent rows into a stored run, in one write with `more` (the state's own record of how far
  // it is). OK: nothing is recent. An error is final.
  Status Fold(KvBatch* more);
  // Folds and merges from now on may drop what only reads before `horizon` need. When far more rows
  // are stored than `live_quads`, all runs are merged.
  void AllowDropBefore(Timestamp horizon, uint64_t live_quads);
  // Of merging in the background, which no call could return. Final.
  const Status& failed() const { return failed_; }

 private:
  struct MergeTask {
    std::vector<std::shared_ptr<const StoredRun>> inputs;
    std::shared_ptr<const KvSnapshot> snapshot;
    Timestamp horizon;
    RunWriter writer;
    RunId id;
    int permutation = 0;
    std::optional<RunMerge> merge;  // Of that permutation.
  };
  QuadIndex(KvStore& kv, GroupId group, SpaceId space, const Options& options, OnOldRun on_old_run)
      : kv_(kv),
        group_(group),
        space_(space),
        options_(options),
        on_old_run_(std::move(on_old_run)),
        random_(kv.env().random("store/fold")) {
    DrawFoldRows();
  }

  void Changed() { taken_.reset(); }
  void DrawFoldRows() {
    fold_rows_ = options_.recent_rows_max - random_.Below(options_.recent_rows_max / 2 + 1);
  }
  RunWriter NewRun(uint32_t level, uint64_t rows_max, Timestamp horizon);
  Status WriteRecent(RunWriter* writer);
  bool WorthMergingAll(uint64_t live_quads) const;
  void PickMerge();
  void StartMerge(std::vector<std::shared_ptr<const StoredRun>> inputs, uint32_t level);
  void ScheduleMerge();
  Status MergeSlice(size_t rows_max);
  Status FinishMerge();
  bool TooManyRuns() const;

  KvStore& kv_;
  const GroupId group_;
  const SpaceId space_;
  const Options options_;
  OnOldRun on_old_run_;
  std::vector<std::shared_ptr<const RecentRun>> recent_;  // Sizes fall.
  size_t recent_rows_ = 0;
  Random random_;
  size_t fold_rows_ = 0;  // When the next fold is wanted.
  std::vector<std::shared_ptr<const StoredRun>> stored_;  // By id.
  mutable std::shared_ptr<const RunSet> taken_;           // The last that runs() gave, while it holds.
  RunId next_run_ = 1;
  Timestamp horizon_;
  Timestamp droppable_;  // Merges may drop what only reads before this need.
  // Of the last merge of all runs: its horizon, and the rows that it left or was to leave.
  Timestamp all_merged_at_;
  uint64_t rows_after_all_ = 0;
  std::unique_ptr<MergeTask> merge_;
  bool scheduled_ = false;
  Status failed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_QUAD_INDEX_H_
