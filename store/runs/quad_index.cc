#include "store/runs/quad_index.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr Duration kPause = milliseconds(1);  // So that requests come in between.
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
  std::unique_ptr<QuadIndex> index(new QuadIndex(kv, group, space, options, std::move(on_old_run)));
  QR_ASSIGN_OR_RETURN(index->stored_, LoadRuns(kv, space));
  for (const auto& run : index->stored_) {
    index->next_run_ = std::max(index->next_run_, run->id + 1);
    index->horizon_ = std::max(index->horizon_, run->horizon);
  }
  // Nor a number that is still being swept.
  const std::string prefix = OldRunPrefix(group);
  const auto it = kv.NewIterator();
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != prefix.size() + sizeof(SpaceId) + sizeof(RunId))
      return DataLoss("index: malformed key of an old run");
    const char* numbers = it->key().data() + prefix.size();
    if (LoadBigEndian32(numbers) != space) continue;
    index->next_run_ = std::max(index->next_run_, LoadBigEndian32(numbers + sizeof(SpaceId)) + 1);
  }
  QR_RETURN_IF_ERROR(it->status());
  index->PickMerge();
  return index;
}

std::shared_ptr<const RunSet> QuadIndex::runs() const {
  if (taken_ == nullptr) taken_ = std::make_shared<const RunSet>(RunSet{recent_, stored_});
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

RunWriter QuadIndex::NewRun(uint32_t level, uint64_t rows_max, Timestamp horizon) {
  const uint32_t block_rows = SIM_MAYBE("tiny-index-blocks") ? std::min(8u, options_.block_rows) : options_.block_rows;
  return RunWriter(kv_, {group_, space_, next_run_++, level, horizon}, rows_max, block_rows);
}

Status QuadIndex::WriteRecent(RunWriter* writer) {
  for (int p = 0; p < kPermutationCount; ++p) {
    const auto permutation = static_cast<Permutation>(p);
    RunMerge merge;
    for (const auto& run : recent_) merge.Add(RunCursor(*run, permutation, {}));
    QR_RETURN_IF_ERROR(merge.SeekTo({}));
    while (true) {
      QR_ASSIGN_OR_RETURN(const bool found, merge.Next());
      if (!found) break;
      DropToggles(merge.mutable_toggles(), droppable_.value());
      for (const uint64_t at : merge.toggles()) QR_RETURN_IF_ERROR(writer->Add({merge.ids(), at}));
    }
    QR_RETURN_IF_ERROR(writer->EndPermutation());
  }
  return OkStatus();
}

Status QuadIndex::Fold(KvBatch* more) {
  QR_RETURN_IF_ERROR(failed_);
  if (recent_.empty()) {
    failed_ = kv_.Write(more, false);
    return failed_;
  }
  const RunId id = next_run_;
  RunWriter writer = NewRun(0, recent_rows_, droppable_);
  failed_ = writer.Begin();
  if (failed_.ok()) failed_ = WriteRecent(&writer);
  QR_RETURN_IF_ERROR(failed_);
  std::shared_ptr<const StoredRun> run;
  KvBatch batch;
  if (writer.rows() > 0) run = writer.Finish(&batch);
  if (QR_MUTANT("applied-index-written-apart")) QR_RETURN_IF_ERROR(failed_ = kv_.Write(more, false));
  batch.Append(*more);
  failed_ = kv_.Write(&batch, false);
  QR_RETURN_IF_ERROR(failed_);
  if (run != nullptr) {
    stored_.push_back(std::move(run));
  } else {
    SIM_SOMETIMES(true, "fold-left-nothing");
    on_old_run_(space_, id);
  }
  recent_.clear();
  recent_rows_ = 0;
  DrawFoldRows();
  horizon_ = std::max(horizon_, droppable_);
  Changed();
  PickMerge();
  while (merge_ != nullptr && TooManyRuns() && failed_.ok()) {
    SIM_SOMETIMES(true, "merge-hurried");
    failed_ = MergeSlice(options_.merged_rows_per_slice);
  }
  return failed_;
}

void QuadIndex::AllowDropBefore(Timestamp horizon, uint64_t live_quads) {
  droppable_ = std::max(droppable_, horizon);
  if (merge_ != nullptr || !failed_.ok() || !WorthMergingAll(live_quads)) return;
  SIM_SOMETIMES(true, "all-runs-merged");
  all_merged_at_ = droppable_;
  StartMerge(stored_, 0);
}

// There is more to drop than to keep: again twice as much as after the last time, or all that could
// not be dropped then.
bool QuadIndex::WorthMergingAll(uint64_t live_quads) const {
  uint64_t rows = 0;
  Timestamp newest;
  for (const auto& run : stored_) {
    rows += run->rows;
    newest = std::max(newest, run->newest);
  }
  if (rows <= 2 * live_quads + options_.recent_rows_max / 8) return false;
  return rows > 2 * rows_after_all_ || (droppable_ >= newest && all_merged_at_ < newest);
}

bool QuadIndex::TooManyRuns() const {
  std::vector<size_t> runs;
  for (const auto& run : stored_) {
    if (runs.size() <= run->level) runs.resize(run->level + 1);
    if (++runs[run->level] > kLevelRunsMax) return true;
  }
  return false;
}

void QuadIndex::PickMerge() {
  if (merge_ != nullptr || !failed_.ok()) return;
  std::vector<std::vector<std::shared_ptr<const StoredRun>>> levels;
  for (const auto& run : stored_) {
    if (levels.size() <= run->level) levels.resize(run->level + 1);
    levels[run->level].push_back(run);
  }
  for (uint32_t level = 0; level < levels.size(); ++level) {
    if (levels[level].size() < kRunsPerLevel) continue;
    return StartMerge(std::move(levels[level]), level + 1);
  }
}

void QuadIndex::StartMerge(std::vector<std::shared_ptr<const StoredRun>> inputs, uint32_t level) {
  uint64_t rows = 0;
  for (const auto& run : inputs) {
    rows += run->rows;
    level = std::max(level, run->level);
  }
  const RunId id = next_run_;
  RunWriter writer = NewRun(level, rows, droppable_);
  failed_ = writer.Begin();
  if (!failed_.ok()) return;
  merge_.reset(new MergeTask{std::move(inputs), kv_.Snapshot(), droppable_, std::move(writer), id, 0, {}});
  ScheduleMerge();
}

void QuadIndex::ScheduleMerge() {
  if (scheduled_ || merge_ == nullptr) return;
  scheduled_ = true;
  kv_.env().executor().RunAfter(kPause, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    scheduled_ = false;
    if (merge_ != nullptr && failed_.ok()) failed_ = MergeSlice(options_.merged_rows_per_slice);
    if (failed_.ok()) ScheduleMerge();
  });
}

Status QuadIndex::MergeSlice(size_t rows_max) {
  if (SIM_MAYBE("short-merge-slice")) rows_max = std::min<size_t>(rows_max, 16);
  MergeTask& task = *merge_;
  const auto permutation = static_cast<Permutation>(task.permutation);
  if (!task.merge) {
    task.merge.emplace();
    for (const auto& run : task.inputs)
      task.merge->Add(RunCursor(*run, *task.snapshot, permutation, {}));
    QR_RETURN_IF_ERROR(task.merge->SeekTo({}));
  }
  for (size_t rows = 0; rows < rows_max;) {
    QR_ASSIGN_OR_RETURN(const bool found, task.merge->Next());
    if (!found) {
      QR_RETURN_IF_ERROR(task.writer.EndPermutation());
      task.merge.reset();
      ++task.permutation;
      return task.writer.complete() ? FinishMerge() : OkStatus();
    }
    const size_t toggles = task.merge->toggles().size();
    rows += toggles;
    DropToggles(task.merge->mutable_toggles(), task.horizon.value());
    SIM_SOMETIMES(task.merge->toggles().size() < toggles, "old-versions-dropped");
    if (QR_MUTANT("merge-drops-returned") && toggles == 3) continue;
    for (const uint64_t at : task.merge->toggles())
      QR_RETURN_IF_ERROR(task.writer.Add({task.merge->ids(), at}));
  }
  return OkStatus();
}

Status QuadIndex::FinishMerge() {
  const std::unique_ptr<MergeTask> task = std::move(merge_);
  KvBatch batch;
  std::shared_ptr<const StoredRun> run;
  const uint64_t run_rows = task->writer.rows();
  if (run_rows > 0) run = task->writer.Finish(&batch);
  for (const auto& input : task->inputs) {
    batch.Delete(RunKey(space_, input->id));
    batch.Put(OldRunKey(group_, space_, input->id), {});
  }
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  SIM_SOMETIMES(true, "runs-merged");
  if (run == nullptr) on_old_run_(space_, task->id);
  const bool all = QR_MUTANT("merge-replaces-all-runs");
  std::erase_if(stored_, [&](const auto& stored) {
    return all || std::find(task->inputs.begin(), task->inputs.end(), stored) != task->inputs.end();
  });
  if (run != nullptr) {
    stored_.push_back(std::move(run));
    std::sort(stored_.begin(), stored_.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  }
  for (const auto& input : task->inputs) on_old_run_(space_, input->id);
  if (task->horizon == all_merged_at_) rows_after_all_ = run_rows;
  horizon_ = std::max(horizon_, task->horizon);
  Changed();
  PickMerge();
  return OkStatus();
}

}  // namespace quadraft::store
