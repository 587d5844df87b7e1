// SimDisk: what a power failure leaves, and the ends of processes and disks.
#include <algorithm>

#include "sim/world/disk.h"
#include "sim/world/disk_path.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;

}  // namespace

// Appends to `durable` what survives of data[from, to): nothing, a prefix, or some of its sectors.
void SimDisk::TearInto(Inode& inode, std::string* durable, uint64_t from, uint64_t to,
                       CrashStyle style) {
  const uint64_t mode = style == CrashStyle::kTear ? 3 : random_.Below(4);
  if (from >= to || mode == 0 || style == CrashStyle::kLoseAll) return;
  const uint64_t end = mode == 1 ? to : from + random_.Below(to - from + 1);
  const bool sectors = mode >= 2;
  for (uint64_t at = from; at < end;) {
    const uint64_t next = std::min(end, (at / kSector + 1) * kSector);
    if (!sectors || random_.Below(3) != 0) {
      durable->append(inode.data, at, next - at);
    } else if (random_.OneIn(2)) {
      durable->append(next - at, '\0');
    } else {
      for (uint64_t i = at; i < next; ++i) durable->push_back(static_cast<char>(random_.Next()));
    }
    at = next;
  }
}

void SimDisk::CrashInode(Inode& inode) {
  ApplyLostWrites(inode);
  std::string durable;
  const uint64_t doubt_to = std::min<uint64_t>(inode.doubt_to, inode.data.size());
  if (doubt_to > inode.doubt_from && inode.synced_size > doubt_to) {
    // Synced around a hole that an earlier, failed sync may have left.
    durable.assign(inode.data, 0, inode.doubt_from);
    TearInto(inode, &durable, inode.doubt_from, doubt_to, next_crash_);
    durable.resize(doubt_to, '\0');
    durable.append(inode.data, doubt_to, inode.synced_size - doubt_to);
  } else {
    const uint64_t sure = doubt_to > inode.doubt_from
                              ? std::min(inode.doubt_from, inode.synced_size)
                              : inode.synced_size;
    durable.assign(inode.data, 0, sure);
  }
  if (!inode.old_tail.empty() && random_.OneIn(2)) {
    durable.append(inode.old_tail);  // The truncation did not reach the disk; what was appended
                                     // after it did not either.
  } else {
    TearInto(inode, &durable, durable.size(), inode.data.size(), next_crash_);
  }
  inode.data = std::move(durable);
  inode.synced_size = inode.data.size();
  inode.doubt_from = inode.doubt_to = 0;
  inode.old_tail.clear();
}

void SimDisk::Crash() {
  Detach();
  for (auto& [directory, changes] : changes_) {
    if (next_crash_ == CrashStyle::kReorderNames) {
      for (NameChange& change : changes) {
        if (random_.OneIn(2)) MakeDurable(change);
      }
      continue;
    }
    const uint64_t survive =
        next_crash_ == CrashStyle::kLoseAll ? 0 : random_.Below(changes.size() + 1);
    for (uint64_t i = 0; i < survive; ++i) MakeDurable(changes[i]);
  }
  DropOrphans();
  directories_ = durable_directories_;
  changes_.clear();
  for (auto& [name, inode] : names_) inode->names = 0;
  names_ = durable_names_;
  used_bytes_ = 0;
  for (auto& [name, inode] : names_) {
    if (inode->names++ > 0) continue;
    CrashInode(*inode);
    used_bytes_ += inode->data.size();
  }
  next_crash_ = CrashStyle::kAny;
  Note("crash", "");
}

void SimDisk::MakeDurable(NameChange& change) {
  for (auto& [name, inode] : change.sets) {
    if (inode) {
      durable_names_.insert_or_assign(name, inode);
    } else {
      durable_names_.erase(name);
    }
  }
  if (change.directory.empty()) return;
  if (change.made) {
    durable_directories_.insert(change.directory);
  } else {
    durable_directories_.erase(change.directory);
  }
}

void SimDisk::DropOrphans() {
  // In order: a parent comes before what lies in it.
  std::erase_if(durable_directories_, [this](const std::string& path) {
    return !path.empty() && !durable_directories_.contains(DirectoryOf(path));
  });
  std::erase_if(durable_names_, [this](const auto& name) {
    return !durable_directories_.contains(DirectoryOf(name.first));
  });
}

void SimDisk::Detach() {
  dead_ = false;
  ++epoch_;
  syncs_under_way_ = 0;
  for (auto& [name, inode] : names_) {
    inode->pending_sizes.clear();
    for (Closure& closure : inode->sync_queue) dropped_.push_back(std::move(closure));
    inode->sync_queue.clear();
  }
}

void SimDisk::Wipe() {
  Detach();
  changes_.clear();
  names_.clear();
  durable_names_.clear();
  directories_.clear();
  directories_.insert("");
  durable_directories_ = directories_;
  lost_files_.clear();
  used_bytes_ = 0;
}

SimDisk::Image SimDisk::TakeImage() const {
  Image image;
  image.directories = durable_directories_;
  for (const auto& [name, inode] : durable_names_) {
    image.files.emplace(name, inode->data.substr(0, inode->synced_size));
  }
  return image;
}

void SimDisk::Restore(const Image& image) {
  Wipe();
  directories_ = durable_directories_ = image.directories;
  for (const auto& [name, bytes] : image.files) {
    auto inode = std::make_shared<Inode>();
    inode->data = bytes;
    inode->synced_size = bytes.size();
    SetName(name, inode);
    used_bytes_ += bytes.size();
  }
  durable_names_ = names_;
  Note("restore", "");
}

}  // namespace quadraft::sim
