// The stored runs of one space: who writes one adds it here, and they are merged in the background.
//
//   QR_ASSIGN_OR_RETURN(auto runs, RunStore::Open(kv, group, space, options, hooks));
//   RunWriter writer = runs->NewRun(rows_at_most);          // Filled by the caller, in as many turns as it likes;
//   QR_RETURN_IF_ERROR(runs->Add(&writer, &batch));         // a run from here on, in one write with `batch`.
//
// Four (kRunsPerLevel) runs of one level become one of the next, like the digits of a counter, so that a row is
// written a few times and a read looks into a few runs (an LSM tree of tiers; O'Neil 1996, "The log-structured
// merge-tree"), a slice per turn of the loop. A merge drops what no read at its horizon or later needs.
//
// Invariants: 1. the permutations of a run hold the same rows; 2. what runs() gave once never changes, and a
// snapshot of the store taken with it has its blocks. For the loop, on which it must also end.
#ifndef QUADRAFT_STORE_RUNS_RUN_STORE_H_
#define QUADRAFT_STORE_RUNS_RUN_STORE_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "store/runs/run.h"
#include "store/runs/run_cursor.h"
#include "store/runs/run_writer.h"

namespace quadraft::store {

inline constexpr size_t kRunsPerLevel = 4;
inline constexpr size_t kLevelRunsMax = 12;  // Of one level; then the merge under way is ended at once.

using StoredRuns = std::vector<std::shared_ptr<const StoredRun>>;

class RunStore {
 public:
  struct Options {
    RunShape shape;
    uint32_t block_rows = kBlockRowsMax;
    size_t merged_rows_per_slice = 4u << 10;  // Of all permutations together.
    uint64_t dead_rows_min = 1024;            // Fewer than that to drop are not worth merging all.
  };
  struct Hooks {
    // A run that left, or never came: its keys are to be swept, its marker is there.
    absl::AnyInvocable<void(SpaceId, RunId)> on_old_run;
    // runs() gives others from now on; nothing of the old ones is swept before this returned.
    absl::AnyInvocable<void()> on_change;
  };
  static StatusOr<std::unique_ptr<RunStore>> Open(KvStore& kv, GroupId group, SpaceId space,
                                                  const Options& options, Hooks hooks);

  SpaceId space() const { return space_; }
  const StoredRuns& runs() const { return stored_; }  // By id.
  // What was there before this may be missing from the runs.
  Timestamp horizon() const { return horizon_; }
  // What is written from now on may drop what only reads before this need.
  Timestamp droppable() const { return droppable_; }
  // When far more rows are stored than `live_rows`, all runs are merged.
  void AllowDropBefore(Timestamp horizon, uint64_t live_rows);

  // Of level 0; its Begin is for the caller. At most `rows_max` rows in each permutation.
  RunWriter NewRun(uint64_t rows_max) { return NewRun(0, rows_max); }
  // What `writer` wrote, complete, becomes a run (or nothing, when it has no rows), in one write with `more`.
  // An error is final.
  Status Add(RunWriter* writer, KvBatch* more);
  // Of merging in the background, which no call could return. Final.
  const Status& failed() const { return failed_; }

 private:
  struct MergeTask {
    StoredRuns inputs;
    std::shared_ptr<const KvSnapshot> snapshot;
    Timestamp horizon;
    RunWriter writer;
    int permutation = 0;
    std::optional<RunMerge> merge;  // Of that permutation.
  };
  RunStore(KvStore& kv, GroupId group, SpaceId space, const Options& options, Hooks hooks)
      : kv_(kv), group_(group), space_(space), options_(options), hooks_(std::move(hooks)) {}

  RunWriter NewRun(uint32_t level, uint64_t rows_max);
  bool WorthMergingAll(uint64_t live_rows) const;
  void PickMerge();
  void StartMerge(StoredRuns inputs, uint32_t level);
  void ScheduleMerge();
  Status MergeSlice(size_t rows_max);
  Status FinishMerge();
  bool TooManyRuns() const;

  KvStore& kv_;
  const GroupId group_;
  const SpaceId space_;
  const Options options_;
  Hooks hooks_;
  StoredRuns stored_;
  RunId next_run_ = 1;
  Timestamp horizon_;
  Timestamp droppable_;
  // Of the last merge of all runs: its horizon, and the rows that it left or was to leave.
  Timestamp all_merged_at_;
  uint64_t rows_after_all_ = 0;
  std::unique_ptr<MergeTask> merge_;
  bool scheduled_ = false;
  Status failed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_RUN_STORE_H_
