#include "store/runs/quad_index.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

// A recent run takes in its predecessor until that is this many times as large.
constexpr size_t kRecentRatio = 3;

std::shared_ptr<const RecentRun> Merged(const RecentRun& a, const RecentRun& b) {
  auto out = std::make_shared<RecentRun>();
  for (size_t p = 0; p < kPermutationCount; ++p) {
    out->rows[p].resize(a.size() + b.size());
    std::merge(a.rows[p].begin(), a.rows[p].end(), b.rows[p].begin(), b.rows[p].end(),
               out->rows[p].begin());
  }
  return out;
}

}  // namespace

StatusOr<std::unique_ptr<QuadIndex>> QuadIndex::Open(KvStore& kv, GroupId group, SpaceId space,
                                                     const Options& options, OnOldRun on_old_run) {
  std::unique_ptr<QuadIndex> index(new QuadIndex(kv, options));
  QuadIndex* const self = index.get();
  QR_ASSIGN_OR_RETURN(
      index->stored_,
      RunStore::Open(kv, group, space,
                     {.shape = kQuadShape,
                      .block_rows = options.block_rows,
                      .merged_rows_per_slice = options.merged_rows_per_slice,
                      .dead_rows_min = options.recent_rows_max / 8},
                     {.on_old_run = std::move(on_old_run), .on_change = [self] { self->Changed(); }}));
  return index;
}

std::shared_ptr<const RunSet> QuadIndex::runs() const {
  if (taken_ == nullptr) {
    RunSet set{fold_ ? fold_->runs : RecentRuns(), stored_->runs()};
    set.recent.insert(set.recent.end(), recent_.begin(), recent_.end());
    taken_ = std::make_shared<const RunSet>(std::move(set));
  }
  return taken_;
}

void QuadIndex::Add(const std::vector<QuadChange>& changes) {
  if (changes.empty()) return;
  auto run = std::make_shared<RecentRun>();
  for (int p = 0; p < kPermutationCount; ++p) {
    auto& rows = run->rows[static_cast<size_t>(p)];
    rows.reserve(changes.size());
    for (const QuadChange& change : changes)
      rows.push_back({KeyOf(change.quad, static_cast<Permutation>(p)), change.at.value()});
    if (p == static_cast<int>(Permutation::kGosp) && QR_MUTANT("change-misses-permutation"))
      rows.pop_back();
    std::sort(rows.begin(), rows.end());
  }
  recent_rows_ += changes.size();
  std::shared_ptr<const RecentRun> last = std::move(run);
  while (!recent_.empty() && recent_.back()->size() < kRecentRatio * last->size()) {
    last = Merged(*recent_.back(), *last);
    recent_.pop_back();
  }
  recent_.push_back(std::move(last));
  Changed();
}

Status QuadIndex::BeginFold() {
  QR_CHECK(!fold_) << "a fold is under way";
  QR_RETURN_IF_ERROR(failed());
  fold_.emplace(FoldTask{std::move(recent_), stored_->NewRun(recent_rows_), 0, {}});
  recent_.clear();
  recent_rows_ = 0;
  DrawFoldRows();
  Changed();
  failed_ = fold_->writer.Begin();
  return failed_;
}

StatusOr<bool> QuadIndex::FoldSlice() {
  QR_RETURN_IF_ERROR(failed());
  const size_t rows_max = options_.folded_rows_per_slice;
  auto done = WriteSome(SIM_MAYBE("short-fold-slice") ? std::min<size_t>(rows_max, 16) : rows_max);
  failed_ = done.status();
  return done;
}

StatusOr<bool> QuadIndex::WriteSome(size_t rows_max) {
  FoldTask& task = *fold_;
  for (size_t rows = 0; rows < rows_max && !task.writer.complete();) {
    if (!task.merge) {
      task.merge.emplace();
      for (const auto& run : task.runs)
        task.merge->Add(RunCursor(*run, static_cast<Permutation>(task.permutation), {}));
      QR_RETURN_IF_ERROR(task.merge->SeekTo({}));
    }
    QR_ASSIGN_OR_RETURN(const bool found, task.merge->Next());
    if (!found) {
      QR_RETURN_IF_ERROR(task.writer.EndPermutation());
      task.merge.reset();
      ++task.permutation;
      continue;
    }
    rows += task.merge->toggles().size();
    DropToggles(task.merge->mutable_toggles(), task.writer.horizon().value());
    for (const uint64_t at : task.merge->toggles())
      QR_RETURN_IF_ERROR(task.writer.Add({task.merge->ids(), at}));
  }
  return task.writer.complete();
}

Status QuadIndex::FinishFold(KvBatch* more) {
  QR_CHECK(fold_ && fold_->writer.complete());
  QR_RETURN_IF_ERROR(failed());
  failed_ = stored_->Add(&fold_->writer, more);
  QR_RETURN_IF_ERROR(failed_);  // The rows stay in memory: views go on to tell the truth.
  fold_.reset();
  Changed();
  return OkStatus();
}

Status QuadIndex::Fold(KvBatch* more) {
  if (recent_.empty()) {
    QR_RETURN_IF_ERROR(failed());
    failed_ = kv_.Write(more, false);
    return failed_;
  }
  QR_RETURN_IF_ERROR(BeginFold());
  for (bool done = false; !done;) {
    QR_ASSIGN_OR_RETURN(done, FoldSlice());
  }
  return FinishFold(more);
}

}  // namespace quadraft::store
