#include "sim/world/disk.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "sim/world/disk_path.h"

namespace quadraft::sim {
namespace {

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
    if (disk_->reads_harmed_) return disk_->ReadHarmed(*inode_, path_, offset, length);
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
    // It lies in the inode's own queue, which must not keep the inode.
    Closure finish = [disk = disk_, inode = inode_.get(), size, outcome,
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
  durable_directories_.insert("");
}

SimDisk::~SimDisk() = default;

void SimDisk::Note(std::string_view what, std::string_view bytes) {
  if (on_write_) on_write_(Fingerprint64(bytes, Fingerprint64(what)));
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
  if (used_bytes_ >= options_.capacity_bytes) {
    ++refused_for_space_;
    return ResourceExhausted(path, ": no space left on the disk");
  }
  auto inode = std::make_shared<Inode>();
  SetName(path, inode);
  Record(directory, {.sets = {{std::string(path), inode}}});
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
    Record(DirectoryOf(path), {.directory = std::string(path), .made = false});
    return OkStatus();
  }
  QR_RETURN_IF_ERROR(Inject(kDiskName, path));
  SetName(path, nullptr);
  Record(DirectoryOf(path), {.sets = {{std::string(path), nullptr}}});
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
    Record(DirectoryOf(to), {.sets = {{to_name, inode}, {from_name, nullptr}}});
  } else {
    Record(DirectoryOf(to), {.sets = {{to_name, inode}}});
    Record(DirectoryOf(from), {.sets = {{from_name, nullptr}}});
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
    const std::string_view part = path.substr(0, end);
    if (directories_.emplace(part).second) {
      Record(DirectoryOf(part), {.directory = std::string(part), .made = true});
    }
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
  for (NameChange& change : changes->second) MakeDurable(change);
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

}  // namespace quadraft::sim
