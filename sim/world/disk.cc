#include "sim/world/disk.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/hash.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSector = 512;
constexpr uint32_t kMillion = 1'000'000;

std::string_view DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view TrimSlash(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path == "." ? std::string_view() : path;
}

Status CheckPath(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.back() == '/') {
    return InvalidArgument("bad path '", path, "'");
  }
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part == "..") return InvalidArgument("bad path '", path, "'");
    at = end + 1;
  }
  return OkStatus();
}

}  // namespace

class SimFile : public File {
 public:
  SimFile(SimDisk* disk, SimDisk::InodePtr inode, std::string_view path, bool writable)
      : disk_(disk),
        inode_(std::move(inode)),
        path_(path),
        epoch_(disk->epoch_),
        writable_(writable) {}

  StatusOr<std::string> Read(uint64_t offset, size_t length) const override {
    QR_RETURN_IF_ERROR(Alive());
    QR_RETURN_IF_ERROR(disk_->Inject(kDiskRead, path_));
    if (offset >= inode_->data.size()) return std::string();
    return inode_->data.substr(offset, length);
  }

  Status Append(std::string_view bytes) override {
    QR_RETURN_IF_ERROR(Alive());
    if (!writable_) return FailedPrecondition(path_, " is open for reading only");
    return disk_->AppendTo(*inode_, path_, bytes);
  }

  void Sync(absl::AnyInvocable<void(Status)> done) override {
    QR_CHECK(disk_->executor_ != nullptr) << "a SimDisk without executor cannot sync later";
    if (Status alive = Alive(); !alive.ok()) {
      disk_->executor_->Post([alive, done = std::move(done)]() mutable { done(alive); });
      return;
    }
    Status outcome = disk_->Inject(kDiskSync, path_);
    auto size = std::make_shared<uint64_t>(inode_->data.size());
    inode_->pending_sizes.push_back(size);
    Closure finish = [disk = disk_, inode = inode_, size, outcome,
                      truncations = inode_->truncations, done = std::move(done)]() mutable {
      std::erase(inode->pending_sizes, size);
      done(disk->FinishSync(*inode, *size, truncations, std::move(outcome)));
    };
    // In order: never before the previous one of this file.
    disk_->RunInOrder(*inode_, std::move(finish));
  }

  Status SyncNow() override {
    QR_RETURN_IF_ERROR(Alive());
    Status outcome = disk_->Inject(kDiskSync, path_);
    if (disk_->on_stall_) disk_->on_stall_(disk_->SyncLatency());
    return disk_->FinishSync(*inode_, inode_->data.size(), inode_->truncations, std::move(outcome));
  }

  uint64_t size() const override { return inode_->data.size(); }

 private:
  Status Alive() const {
    if (disk_->epoch_ == epoch_) return OkStatus();
    return Unavailable(path_, " was opened before the crash");
  }

  SimDisk* disk_;
  SimDisk::InodePtr inode_;
  std::string path_;
  uint64_t epoch_;
  bool writable_;
};

SimDisk::SimDisk(uint64_t seed, Executor* executor, SimDiskOptions options)
    : random_(seed, "sim/disk"), executor_(executor), options_(options) {
  directories_.insert("");
}

SimDisk::~SimDisk() = default;

void SimDisk::Note(std::string_view what, std::string_view bytes) {
  if (on_write_) on_write_(Fingerprint64(bytes, Fingerprint64(what)));
}

Status SimDisk::Inject(DiskOp op, std::string_view path) {
  bool fail = false;
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

void SimDisk::FailWithChance(uint32_t ops, uint32_t ppm) {
  chance_ops_ = ppm == 0 ? 0 : ops;
  chance_ppm_ = ppm;
}

Duration SimDisk::SyncLatency() {
  const int64_t jitter = options_.sync_jitter.count();
  const int64_t drawn = jitter > 0 ? random_.Between(0, jitter) : 0;
  return (options_.sync_latency + Duration(drawn)) * slowness_;
}

StatusOr<std::unique_ptr<File>> SimDisk::Open(std::string_view path, OpenMode mode) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const auto found = names_.find(path);
  const bool exists = found != names_.end();
  if (!exists && mode == OpenMode::kRead) return NotFound(path);
  QR_RETURN_IF_ERROR(Inject(exists ? kDiskRead : kDiskName, path));
  if (exists) {
    InodePtr inode = found->second;
    if (mode == OpenMode::kCreate) TruncateInode(*inode, 0);
    return std::make_unique<SimFile>(this, std::move(inode), path, mode != OpenMode::kRead);
  }
  const std::string_view directory = DirectoryOf(path);
  if (directories_.find(directory) == directories_.end()) return NotFound(directory);
  auto inode = std::make_shared<Inode>();
  SetName(path, inode);
  Record(directory, {{{std::string(path), inode}}});
  Note("create", path);
  return std::make_unique<SimFile>(this, std::move(inode), path, true);
}

Status SimDisk::Remove(std::string_view path) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const auto found = names_.find(path);
  if (found == names_.end()) {
    const auto directory = directories_.find(path);
    if (directory == directories_.end()) return NotFound(path);
    QR_ASSIGN_OR_RETURN(const auto names, List(path));
    if (!names.empty()) return FailedPrecondition(path, " is not empty");
    directories_.erase(directory);
    return OkStatus();
  }
  QR_RETURN_IF_ERROR(Inject(kDiskName, path));
  SetName(path, nullptr);
  Record(DirectoryOf(path), {{{std::string(path), nullptr}}});
  Note("remove", path);
  return OkStatus();
}

Status SimDisk::Rename(std::string_view from, std::string_view to) {
  QR_RETURN_IF_ERROR(CheckPath(from));
  QR_RETURN_IF_ERROR(CheckPath(to));
  const auto found = names_.find(from);
  if (found == names_.end()) return NotFound(from);
  if (directories_.find(DirectoryOf(to)) == directories_.end()) return NotFound(DirectoryOf(to));
  if (from == to) return OkStatus();
  QR_RETURN_IF_ERROR(Inject(kDiskName, from));
  const InodePtr inode = found->second;
  SetName(to, inode);
  SetName(from, nullptr);
  const std::string from_name(from), to_name(to);
  if (DirectoryOf(from) == DirectoryOf(to)) {
    Record(DirectoryOf(to), {{{to_name, inode}, {from_name, nullptr}}});
  } else {
    Record(DirectoryOf(to), {{{to_name, inode}}});
    Record(DirectoryOf(from), {{{from_name, nullptr}}});
  }
  Note("rename", from_name + '\n' + to_name);
  return OkStatus();
}

Status SimDisk::Truncate(std::string_view path, uint64_t size) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound(path);
  if (size > found->second->data.size())
    return InvalidArgument(path, ": truncation beyond the end");
  QR_RETURN_IF_ERROR(Inject(kDiskName, path));
  TruncateInode(*found->second, size);
  return OkStatus();
}

Status SimDisk::CreateDirectory(std::string_view path) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (names_.find(path.substr(0, end)) != names_.end()) {
      return AlreadyExists(path.substr(0, end), " is a file");
    }
    directories_.emplace(path.substr(0, end));
    at = end + 1;
  }
  Note("mkdir", path);
  return OkStatus();
}

StatusOr<std::vector<std::string>> SimDisk::List(std::string_view directory) {
  directory = TrimSlash(directory);
  if (directories_.find(directory) == directories_.end()) return NotFound(directory);
  QR_RETURN_IF_ERROR(Inject(kDiskRead, directory));
  std::vector<std::string> out;
  const std::string prefix = directory.empty() ? "" : std::string(directory) + '/';
  const auto collect = [&](std::string_view path) {
    if (path.size() <= prefix.size() || path.substr(0, prefix.size()) != prefix) return;
    const std::string_view rest = path.substr(prefix.size());
    if (rest.find('/') == std::string_view::npos) out.emplace_back(rest);
  };
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.starts_with(prefix);
       ++it) {
    collect(it->first);
  }
  for (auto it = directories_.lower_bound(prefix);
       it != directories_.end() && it->starts_with(prefix); ++it) {
    collect(*it);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Status SimDisk::SyncDirectory(std::string_view directory) {
  directory = TrimSlash(directory);
  if (directories_.find(directory) == directories_.end()) return NotFound(directory);
  QR_RETURN_IF_ERROR(Inject(kDiskName, directory));
  if (on_stall_) on_stall_(SyncLatency());
  const auto changes = changes_.find(directory);
  if (changes == changes_.end()) return OkStatus();
  for (NameChange& change : changes->second) {
    for (auto& [name, inode] : change.sets) {
      if (inode) {
        durable_names_.insert_or_assign(name, inode);
      } else {
        durable_names_.erase(name);
      }
    }
  }
  changes_.erase(changes);
  Note("syncdir", directory);
  return OkStatus();
}

StatusOr<uint64_t> SimDisk::FileSize(std::string_view path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound(path);
  return found->second->data.size();
}

bool SimDisk::Exists(std::string_view path) {
  path = TrimSlash(path);
  return names_.find(path) != names_.end() || directories_.find(path) != directories_.end();
}

void SimDisk::SetName(std::string_view path, InodePtr inode) {
  const auto found = names_.find(path);
  if (inode) ++inode->names;
  if (found != names_.end()) {
    if (--found->second->names == 0) used_bytes_ -= found->second->data.size();
    if (inode) {
      found->second = std::move(inode);
    } else {
      names_.erase(found);
    }
  } else if (inode) {
    names_.emplace(path, std::move(inode));
  }
}

void SimDisk::Record(std::string_view directory, NameChange change) {
  auto found = changes_.find(directory);
  if (found == changes_.end()) found = changes_.emplace(directory, std::vector<NameChange>()).first;
  found->second.push_back(std::move(change));
}

Status SimDisk::AppendTo(Inode& inode, std::string_view path, std::string_view bytes) {
  const Status injected = Inject(kDiskAppend, path);
  Status outcome = injected;
  if (!injected.ok()) {
    bytes = bytes.substr(0, random_.Below(bytes.size() + 1));  // A prefix may have been written.
  } else if (inode.names > 0 && used_bytes_ + bytes.size() > options_.capacity_bytes) {
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
}

void SimDisk::RunInOrder(Inode& inode, Closure finish) {
  // Completions of one file chain: each starts its own latency when the one before it has ended.
  inode.sync_queue.push_back(std::move(finish));
  ++syncs_under_way_;
  if (inode.sync_queue.size() == 1) StartNextSync(inode);
}

void SimDisk::StartNextSync(Inode& inode) {
  executor_->RunAfter(SyncLatency(), [this, weak = inode.weak_from_this(), epoch = epoch_] {
    const InodePtr inode = weak.lock();
    if (!inode || epoch != epoch_) return;
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
    // Linux marks the pages clean: a later sync reports success although they may never have been
    // written.
    if (size > inode.synced_size) {
      inode.doubt_from =
          inode.doubt_to > 0 ? std::min(inode.doubt_from, inode.synced_size) : inode.synced_size;
      inode.doubt_to = std::max(inode.doubt_to, size);
    }
    return outcome;
  }
  inode.synced_size = std::max(inode.synced_size, size);
  if (truncations == inode.truncations) inode.old_tail.clear();
  return outcome;
}

// Appends to `durable` what survives of data[from, to): nothing, a prefix, or some of its sectors.
void SimDisk::TearInto(Inode& inode, std::string* durable, uint64_t from, uint64_t to) {
  const uint64_t mode = random_.Below(4);
  if (from >= to || mode == 0) return;
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
  std::string durable;
  const uint64_t doubt_to = std::min<uint64_t>(inode.doubt_to, inode.data.size());
  if (doubt_to > inode.doubt_from && inode.synced_size > doubt_to) {
    // Synced around a hole that an earlier, failed sync may have left.
    durable.assign(inode.data, 0, inode.doubt_from);
    TearInto(inode, &durable, inode.doubt_from, doubt_to);
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
    TearInto(inode, &durable, durable.size(), inode.data.size());
  }
  inode.data = std::move(durable);
  inode.synced_size = inode.data.size();
  inode.doubt_from = inode.doubt_to = 0;
  inode.old_tail.clear();
}

void SimDisk::Crash() {
  Detach();
  for (auto& [directory, changes] : changes_) {
    const uint64_t survive = random_.Below(changes.size() + 1);
    for (uint64_t i = 0; i < survive; ++i) {
      for (auto& [name, inode] : changes[i].sets) {
        if (inode) {
          durable_names_.insert_or_assign(name, inode);
        } else {
          durable_names_.erase(name);
        }
      }
    }
  }
  changes_.clear();
  for (auto& [name, inode] : names_) inode->names = 0;
  names_ = durable_names_;
  used_bytes_ = 0;
  for (auto& [name, inode] : names_) {
    if (inode->names++ > 0) continue;
    CrashInode(*inode);
    used_bytes_ += inode->data.size();
  }
  Note("crash", "");
}

void SimDisk::Detach() {
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
  used_bytes_ = 0;
}

Status SimDisk::FlipBit(std::string_view path, uint64_t offset, int bit) {
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound(path);
  if (offset >= found->second->data.size()) return InvalidArgument(path, ": offset beyond the end");
  found->second->data[offset] ^= static_cast<char>(1 << (bit & 7));
  return OkStatus();
}

}  // namespace quadraft::sim
