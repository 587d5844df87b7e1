// SimDisk: writes, syncs, and the errors that they are told to make.
#include <algorithm>

#include "sim/world/disk.h"

namespace quadraft::sim {
namespace {

constexpr uint32_t kMillion = 1'000'000;

}  // namespace

Status SimDisk::Inject(DiskOp op, std::string_view path) {
  bool fail = dead_;
  if ((die_ops_ & op) != 0 && --die_in_ == 0) {
    die_ops_ = 0;
    dead_ = fail = true;
    on_death_();
  }
  if ((nth_ops_ & op) != 0 && --nth_left_ == 0) {
    nth_ops_ = 0;
    fail = true;
  }
  if ((chance_ops_ & op) != 0 && random_.Chance(chance_ppm_, kMillion)) fail = true;
  if (!fail) return OkStatus();
  ++injected_errors_;
  return Unavailable(path, ": input/output error (injected)");
}

void SimDisk::FailNth(uint32_t ops, uint64_t n) {
  nth_ops_ = n == 0 ? 0 : ops;
  nth_left_ = n;
}

void SimDisk::DieAtNth(uint32_t ops, uint64_t n, Closure cut) {
  die_ops_ = n == 0 ? 0 : ops;
  die_in_ = n;
  on_death_ = std::move(cut);
}

void SimDisk::FailWithChance(uint32_t ops, uint32_t ppm) {
  chance_ops_ = ppm == 0 ? 0 : ops;
  chance_ppm_ = ppm;
}

Duration SimDisk::SyncLatency() {
  const int64_t jitter = options_.sync_jitter.count();
  const int64_t drawn = jitter > 0 ? random_.Between(0, jitter) : 0;
  Duration latency = (options_.sync_latency + Duration(drawn)) * slowness_;
  if (now_ && stalled_until_ > Duration(0) && stalled_until_ > now_()) {
    latency += stalled_until_ - now_();
    ++stalls_;
  }
  return latency;
}

Status SimDisk::AppendTo(Inode& inode, std::string_view path, std::string_view bytes) {
  const Status injected = Inject(kDiskAppend, path);
  Status outcome = injected;
  if (!injected.ok()) {
    bytes = bytes.substr(0, random_.Below(bytes.size() + 1));  // A prefix may have been written.
  } else if (inode.names > 0 && used_bytes_ + bytes.size() > options_.capacity_bytes) {
    ++refused_for_space_;
    const uint64_t left = options_.capacity_bytes - std::min(used_bytes_, options_.capacity_bytes);
    bytes = bytes.substr(0, std::min<uint64_t>(left, bytes.size()));
    outcome = ResourceExhausted(path, ": no space left on the disk");
  }
  inode.data.append(bytes);
  if (inode.names > 0) used_bytes_ += bytes.size();
  Note(path, bytes);
  return outcome;
}

void SimDisk::TruncateInode(Inode& inode, uint64_t size) {
  if (inode.names > 0) used_bytes_ -= inode.data.size() - size;
  if (size < inode.synced_size) {
    inode.old_tail.insert(0, inode.data, size, inode.synced_size - size);
    inode.synced_size = size;
  }
  for (const auto& pending : inode.pending_sizes) *pending = std::min(*pending, size);
  inode.data.resize(size);
  ++inode.truncations;
  inode.doubt_to = std::min(inode.doubt_to, size);
  inode.sync_to = std::min(inode.sync_to, size);
  inode.sync_from = std::min(inode.sync_from, size);
  if (!inode.harmed.empty()) [[unlikely]]
    ClipHarm(inode, size);
}

void SimDisk::RunInOrder(Inode& inode, Closure finish) {
  // Completions of one file chain: each starts its own latency when the one before it has ended.
  inode.sync_queue.push_back(std::move(finish));
  ++syncs_under_way_;
  if (inode.sync_queue.size() == 1) StartNextSync(inode);
}

void SimDisk::StartNextSync(Inode& inode) {
  // Keeps a file that was closed and removed meanwhile.
  executor_->RunAfter(SyncLatency(), [this, inode = inode.shared_from_this(), epoch = epoch_] {
    if (epoch != epoch_) return;
    Closure finish = std::move(inode->sync_queue.front());
    inode->sync_queue.pop_front();
    --syncs_under_way_;
    if (!inode->sync_queue.empty()) StartNextSync(*inode);
    finish();
  });
}

Status SimDisk::FinishSync(Inode& inode, uint64_t size, uint64_t truncations, Status outcome) {
  ++syncs_;
  if (!outcome.ok()) {
    FailSync(inode, size);
    return outcome;
  }
  if (size > inode.synced_size) {
    inode.sync_from = inode.synced_size;
    inode.sync_to = size;
  }
  inode.synced_size = std::max(inode.synced_size, size);
  if (truncations == inode.truncations) inode.old_tail.clear();
  return outcome;
}

// Linux marks the pages clean: a later sync reports success although they may never have been
// written.
void SimDisk::FailSync(Inode& inode, uint64_t size) {
  if (size <= inode.synced_size) return;
  inode.doubt_from =
      inode.doubt_to > 0 ? std::min(inode.doubt_from, inode.synced_size) : inode.synced_size;
  inode.doubt_to = std::max(inode.doubt_to, size);
  if (!random_.OneIn(2)) return;
  // The page cache goes back to what the medium holds.
  std::string medium = inode.data.substr(0, inode.synced_size);
  TearInto(inode, &medium, inode.synced_size, size, CrashStyle::kAny);
  medium.resize(size, '\0');
  inode.data.replace(0, size, medium);
}

}  // namespace quadraft::sim
