// The index of one space: its recent rows in memory, and its stored runs (run_store.h).
//
//   QR_ASSIGN_OR_RETURN(auto index, QuadIndex::Open(kv, group, space, options, on_old_run));
//   index->Add(changes);                                    // In memory: the log has them.
//   if (index->WantsFold()) QR_RETURN_IF_ERROR(index->Fold(&batch));   // Now in the store.
//
// Or a fold in slices, while changes go on coming: BeginFold, FoldSlice until it says true, FinishFold.
// Recent runs are merged like the digits of a counter, as stored ones are.
//
// Invariants: 1. every row is in exactly one run of runs(); 2. a RunSet once taken never changes, and a snapshot
// of the store taken with it has its blocks.
#ifndef QUADRAFT_STORE_RUNS_QUAD_INDEX_H_
#define QUADRAFT_STORE_RUNS_QUAD_INDEX_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/env/random.h"
#include "store/runs/run.h"
#include "store/runs/run_store.h"

namespace quadraft::store {

struct QuadChange {
  IdQuad quad;
  Timestamp at;
};

class QuadIndex {
 public:
  struct Options {
    // Then a fold is wanted, or somewhat before: replicas of one group should not fold at the same
    // entry, or all of them are busy with it at the same time. 240 bytes each.
    size_t recent_rows_max = 8u << 10;
    uint32_t block_rows = kBlockRowsMax;
    size_t merged_rows_per_slice = 4u << 10;  // Of all permutations together, as below.
    size_t folded_rows_per_slice = 4u << 10;
  };
  // A run that left the index, or never came into it: its keys are to be swept, its marker is there.
  using OnOldRun = absl::AnyInvocable<void(SpaceId, RunId)>;

  static StatusOr<std::unique_ptr<QuadIndex>> Open(KvStore& kv, GroupId group, SpaceId space,
                                                   const Options& options, OnOldRun on_old_run);

  SpaceId space() const { return stored_->space(); }
  // As of now; cheap when nothing changed since the last call.
  std::shared_ptr<const RunSet> runs() const;
  // What was there before this may be missing from the runs.
  Timestamp horizon() const { return stored_->horizon(); }

  // `changes` came or went, each for itself; the caller has looked (IsThere).
  void Add(const std::vector<QuadChange>& changes);
  size_t recent_rows() const { return recent_rows_; }  // Of which none is being folded.
  bool WantsFold() const { return recent_rows_ >= fold_rows_; }

  // All rows that are recent now go into a stored run; what comes meanwhile does not. One at a time. Errors are
  // final.
  Status BeginFold();
  StatusOr<bool> FoldSlice();  // True: all is written, and FinishFold may be called.
  // In one write with `more` (the state's own record of how far it was when the fold began).
  Status FinishFold(KvBatch* more);
  bool folding() const { return fold_.has_value(); }
  // The three in one; not while another one is under way. OK: nothing is recent.
  Status Fold(KvBatch* more);

  // Folds and merges from now on may drop what only reads before `horizon` need. When far more rows
  // are stored than `live_quads`, all runs are merged.
  void AllowDropBefore(Timestamp horizon, uint64_t live_quads) {
    stored_->AllowDropBefore(horizon, live_quads);
  }
  // Of what happens in the background. Final.
  const Status& failed() const { return failed_.ok() ? stored_->failed() : failed_; }

 private:
  using RecentRuns = std::vector<std::shared_ptr<const RecentRun>>;
  struct FoldTask {
    RecentRuns runs;
    RunWriter writer;
    int permutation = 0;
    std::optional<RunMerge> merge;  // Of that permutation.
  };
  QuadIndex(KvStore& kv, const Options& options)
      : kv_(kv), options_(options), random_(kv.env().random("store/fold")) {
    DrawFoldRows();
  }

  void Changed() { taken_.reset(); }
  void DrawFoldRows() {
    fold_rows_ = options_.recent_rows_max - random_.Below(options_.recent_rows_max / 2 + 1);
  }
  StatusOr<bool> WriteSome(size_t rows_max);

  KvStore& kv_;
  const Options options_;
  RecentRuns recent_;  // Sizes fall.
  size_t recent_rows_ = 0;
  Random random_;
  size_t fold_rows_ = 0;  // When the next fold is wanted.
  std::optional<FoldTask> fold_;
  std::unique_ptr<RunStore> stored_;
  mutable std::shared_ptr<const RunSet> taken_;  // The last that runs() gave, while it holds.
  Status failed_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_QUAD_INDEX_H_
