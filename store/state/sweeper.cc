#include "store/state/sweeper.h"

#include <algorithm>

#include "core/base/sim_points.h"

namespace quadraft::store {
namespace {

constexpr Duration kPause = milliseconds(1);  // So that requests come in between.

}  // namespace

Status Sweeper::Resume() {
  const std::string prefix = OldSpacePrefix(group_);
  const auto it = kv_.NewIterator();
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() != prefix.size() + sizeof(SpaceId))
      return DataLoss("old space: malformed key");
    Add(LoadBigEndian32(it->key().data() + prefix.size()));
  }
  return it->status();
}

void Sweeper::Add(SpaceId space) {
  spaces_.push_back(space);
  Schedule();
}

void Sweeper::Schedule() {
  if (scheduled_ || spaces_.empty()) return;
  scheduled_ = true;
  kv_.env().executor().RunAfter(kPause, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) RunSlice();
  });
}

void Sweeper::RunSlice() {
  scheduled_ = false;
  const auto done = SweepSome(spaces_.front());
  if (!done.ok()) {  // The store has failed; the next write tells its caller. The marker brings us
                     // back after a restart.
    spaces_.clear();
    from_.clear();
    return;
  }
  if (*done) {
    spaces_.pop_front();
    from_.clear();
  }
  Schedule();
}

StatusOr<bool> Sweeper::SweepSome(SpaceId space) {
  const size_t keys_max = SIM_MAYBE("short-sweep") ? 1 : kSweptPerSlice;
  KvBatch batch;
  for (const char kind : {kHistoryKind, kQuadKind}) {  // In their order.
    const std::string prefix = SpacePrefix(kind, space);
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
  SIM_SOMETIMES(true, "space-swept");
  batch.Delete(OldSpaceKey(group_, space));
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  return true;
}

}  // namespace quadraft::store
