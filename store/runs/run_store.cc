#include "store/runs/run_store.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr Duration kPause = milliseconds(1);  // So that requests come in between.

}  // namespace

StatusOr<std::unique_ptr<RunStore>> RunStore::Open(KvStore& kv, GroupId group, SpaceId space,
                                                   const Options& options, Hooks hooks) {
  std::unique_ptr<RunStore> store(new RunStore(kv, group, space, options, std::move(hooks)));
  QR_ASSIGN_OR_RETURN(store->stored_, LoadRuns(kv, space, options.shape));
  for (const auto& run : store->stored_) {
    store->next_run_ = std::max(store->next_run_, run->id + 1);
    store->horizon_ = std::max(store->horizon_, run->horizon);
  }
  // Nor a number that is still being swept.
  const std::string prefix = OldRunPrefix(group);
  const auto it = kv.NewIterator();
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != prefix.size() + sizeof(SpaceId) + sizeof(RunId))
      return DataLoss("index: malformed key of an old run");
    const char* numbers = it->key().data() + prefix.size();
    if (LoadBigEndian32(numbers) != space) continue;
    store->next_run_ = std::max(store->next_run_, LoadBigEndian32(numbers + sizeof(SpaceId)) + 1);
  }
  QR_RETURN_IF_ERROR(it->status());
  store->PickMerge();
  return store;
}

RunWriter RunStore::NewRun(uint32_t level, uint64_t rows_max) {
  const uint32_t block_rows =
      SIM_MAYBE("tiny-index-blocks") ? std::min(8u, options_.block_rows) : options_.block_rows;
  return RunWriter(kv_, {group_, space_, next_run_++, level, droppable_}, options_.shape, rows_max,
                   block_rows);
}

Status RunStore::Add(RunWriter* writer, KvBatch* more) {
  QR_RETURN_IF_ERROR(failed_);
  const RunId id = writer->id();
  const Timestamp horizon = writer->horizon();
  std::shared_ptr<const StoredRun> run;
  KvBatch batch;
  if (writer->rows() > 0) run = writer->Finish(&batch);
  if (QR_MUTANT("applied-index-written-apart")) QR_RETURN_IF_ERROR(failed_ = kv_.Write(more, false));
  batch.Append(*more);
  failed_ = kv_.Write(&batch, false);
  QR_RETURN_IF_ERROR(failed_);
  if (run != nullptr) {
    const auto behind = [id](const auto& stored) { return stored->id > id; };
    stored_.insert(std::find_if(stored_.begin(), stored_.end(), behind), std::move(run));
  } else {
    SIM_SOMETIMES(true, "fold-left-nothing");
    hooks_.on_old_run(space_, id);
  }
  horizon_ = std::max(horizon_, horizon);
  hooks_.on_change();
  PickMerge();
  while (merge_ != nullptr && TooManyRuns() && failed_.ok()) {
    SIM_SOMETIMES(true, "merge-hurried");
    failed_ = MergeSlice(options_.merged_rows_per_slice);
  }
  return failed_;
}

void RunStore::AllowDropBefore(Timestamp horizon, uint64_t live_rows) {
  droppable_ = std::max(droppable_, horizon);
  if (merge_ != nullptr || !failed_.ok() || !WorthMergingAll(live_rows)) return;
  SIM_SOMETIMES(true, "all-runs-merged");
  all_merged_at_ = droppable_;
  StartMerge(stored_, 0);
}

// There is more to drop than to keep: again twice as much as after the last time, or all that could
// not be dropped then.
bool RunStore::WorthMergingAll(uint64_t live_rows) const {
  uint64_t rows = 0;
  Timestamp newest;
  for (const auto& run : stored_) {
    rows += run->rows;
    newest = std::max(newest, run->newest);
  }
  if (rows <= 2 * live_rows + options_.dead_rows_min) return false;
  return rows > 2 * rows_after_all_ || (droppable_ >= newest && all_merged_at_ < newest);
}

bool RunStore::TooManyRuns() const {
  std::vector<size_t> runs;
  for (const auto& run : stored_) {
    if (runs.size() <= run->level) runs.resize(run->level + 1);
    if (++runs[run->level] > kLevelRunsMax) return true;
  }
  return false;
}

void RunStore::PickMerge() {
  if (merge_ != nullptr || !failed_.ok()) return;
  std::vector<StoredRuns> levels;
  for (const auto& run : stored_) {
    if (levels.size() <= run->level) levels.resize(run->level + 1);
    levels[run->level].push_back(run);
  }
  for (uint32_t level = 0; level < levels.size(); ++level) {
    if (levels[level].size() < kRunsPerLevel) continue;
    return StartMerge(std::move(levels[level]), level + 1);
  }
}

void RunStore::StartMerge(StoredRuns inputs, uint32_t level) {
  uint64_t rows = 0;
  for (const auto& run : inputs) {
    rows += run->rows;
    level = std::max(level, run->level);
  }
  RunWriter writer = NewRun(level, rows);
  failed_ = writer.Begin();
  if (!failed_.ok()) return;
  merge_.reset(new MergeTask{std::move(inputs), kv_.Snapshot(), droppable_, std::move(writer), 0, {}});
  ScheduleMerge();
}

void RunStore::ScheduleMerge() {
  if (scheduled_ || merge_ == nullptr) return;
  scheduled_ = true;
  kv_.env().executor().RunAfter(kPause, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    scheduled_ = false;
    if (merge_ != nullptr && failed_.ok()) failed_ = MergeSlice(options_.merged_rows_per_slice);
    if (failed_.ok()) ScheduleMerge();
  });
}

Status RunStore::MergeSlice(size_t rows_max) {
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

Status RunStore::FinishMerge() {
  const std::unique_ptr<MergeTask> task = std::move(merge_);
  const RunId id = task->writer.id();
  const uint64_t run_rows = task->writer.rows();
  KvBatch batch;
  std::shared_ptr<const StoredRun> run;
  if (run_rows > 0) run = task->writer.Finish(&batch);
  for (const auto& input : task->inputs) {
    batch.Delete(RunKey(space_, input->id));
    batch.Put(OldRunKey(group_, space_, input->id), {});
  }
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  SIM_SOMETIMES(true, "runs-merged");
  const bool all = QR_MUTANT("merge-replaces-all-runs");
  std::erase_if(stored_, [&](const auto& stored) {
    return all || std::find(task->inputs.begin(), task->inputs.end(), stored) != task->inputs.end();
  });
  if (run != nullptr) {
    stored_.push_back(std::move(run));
    std::sort(stored_.begin(), stored_.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  } else {
    hooks_.on_old_run(space_, id);
  }
  if (task->horizon == all_merged_at_) rows_after_all_ = run_rows;
  horizon_ = std::max(horizon_, task->horizon);
  hooks_.on_change();
  for (const auto& input : task->inputs) hooks_.on_old_run(space_, input->id);
  PickMerge();
  return OkStatus();
}

}  // namespace quadraft::store
