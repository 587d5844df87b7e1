#include "store/runs/sweeper.h"

#include <algorithm>

#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr Duration kPause = milliseconds(1);  // So that requests come in between.

}  // namespace

Status Sweeper::Resume() {
  const std::string spaces = OldSpacePrefix(group_), runs = OldRunPrefix(group_);
  const auto it = kv_.NewIterator();
  for (it->Seek(spaces); it->Valid() && it->key().starts_with(spaces); it->Next()) {
    if (it->key().size() != spaces.size() + sizeof(SpaceId))
      return DataLoss("old space: malformed key");
    Add(LoadBigEndian32(it->key().data() + spaces.size()));
  }
  QR_RETURN_IF_ERROR(it->status());
  for (it->Seek(runs); it->Valid() && it->key().starts_with(runs); it->Next()) {
    if (it->key().size() != runs.size() + sizeof(SpaceId) + sizeof(RunId))
      return DataLoss("old run: malformed key");
    const char* numbers = it->key().data() + runs.size();
    AddRun(LoadBigEndian32(numbers), LoadBigEndian32(numbers + sizeof(SpaceId)));
  }
  return it->status();
}

void Sweeper::Add(SpaceId space) {
  Job job{.marker = OldSpaceKey(group_, space)};
  for (const char kind : {kBlockKind, kFilterKind, kHistoryKind, kFencesKind, kQuadKind, kSessionKind, kRunKind})
    job.prefixes.push_back(SpacePrefix(kind, space));
  std::string markers = OldRunPrefix(group_);  // Of runs in it that were under way.
  PutBigEndian32(&markers, space);
  job.prefixes.push_back(std::move(markers));
  jobs_.push_back(std::move(job));
  Schedule();
}

void Sweeper::AddRun(SpaceId space, RunId run) {
  Job job{.marker = OldRunKey(group_, space, run)};
  for (const char kind : {kBlockKind, kFilterKind, kFencesKind})
    job.prefixes.push_back(RunPrefix(kind, space, run));
  jobs_.push_back(std::move(job));
  Schedule();
}

void Sweeper::Schedule() {
  if (scheduled_ || jobs_.empty()) return;
  scheduled_ = true;
  kv_.env().executor().RunAfter(kPause, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) RunSlice();
  });
}

void Sweeper::RunSlice() {
  scheduled_ = false;
  const auto done = SweepSome(jobs_.front());
  if (!done.ok()) {  // The store has failed; the next write tells its caller. The marker brings us
                     // back after a restart.
    jobs_.clear();
    return;
  }
  if (*done) {
    jobs_.pop_front();
    prefix_ = 0;
    from_.clear();
  }
  Schedule();
}

StatusOr<bool> Sweeper::SweepSome(const Job& job) {
  const size_t keys_max = SIM_MAYBE("short-sweep") ? 1 : kSweptPerSlice;
  KvBatch batch;
  for (; prefix_ < job.prefixes.size(); ++prefix_, from_.clear()) {
    const std::string& prefix = job.prefixes[prefix_];
    const auto it = kv_.NewIterator(false);
    for (it->Seek(std::max(prefix, from_)); it->Valid() && it->key().starts_with(prefix);
         it->Next()) {
      if (batch.count() == keys_max) {
        from_ = it->key();
        QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
        return false;
      }
      batch.Delete(it->key());
    }
    QR_RETURN_IF_ERROR(it->status());
  }
  SIM_SOMETIMES(job.marker[0] == kOldSpaceKind, "space-swept");
  SIM_SOMETIMES(job.marker[0] == kOldRunKind, "run-swept");
  batch.Delete(job.marker);
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  return true;
}

}  // namespace quadraft::store
