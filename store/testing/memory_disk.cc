#include "store/testing/memory_disk.h"

#include <algorithm>

namespace quadraft::store {
namespace {

std::string_view DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

class MemoryFile : public File {
 public:
  MemoryFile(MemoryDisk* disk, std::shared_ptr<MemoryDisk::Inode> inode, bool writable)
      : disk_(disk), inode_(std::move(inode)), epoch_(disk->epoch_), writable_(writable) {}

  StatusOr<std::string> Read(uint64_t offset, size_t length) const override {
    QR_RETURN_IF_ERROR(Check());
    if (offset >= inode_->bytes.size()) return std::string();
    return inode_->bytes.substr(offset, length);
  }

  Status Append(std::string_view bytes) override {
    if (!writable_) return FailedPrecondition("opened for reading");
    if (const Status status = Check(); !status.ok()) {
      if (epoch_ == disk_->epoch_) inode_->bytes.append(bytes.substr(0, bytes.size() / 2));
      return status;
    }
    inode_->bytes.append(bytes);
    return OkStatus();
  }

  void Sync(absl::AnyInvocable<void(Status)> done) override {
    auto finish = [disk = disk_, inode = inode_, size = inode_->bytes.size(), epoch = epoch_,
                   done = std::move(done)]() mutable {
      if (disk->epoch_ != epoch) return;  // The process that asked is gone.
      Status status = disk->Check();
      if (status.ok()) {
        inode->synced = std::max<uint64_t>(inode->synced, size);
        inode->durable.reset();
        ++disk->sync_count_;
      }
      done(status);
    };
    disk_->executor_.RunAfter(microseconds(100), std::move(finish));
  }

  Status SyncNow() override {
    QR_RETURN_IF_ERROR(Check());
    inode_->synced = inode_->bytes.size();
    inode_->durable.reset();
    ++disk_->sync_count_;
    return OkStatus();
  }

  uint64_t size() const override { return inode_->bytes.size(); }

 private:
  Status Check() const {
    if (epoch_ != disk_->epoch_) return FailedPrecondition("opened before the crash");
    return disk_->Check();
  }

  MemoryDisk* disk_;
  std::shared_ptr<MemoryDisk::Inode> inode_;
  uint64_t epoch_;
  bool writable_;
};

void MemoryDisk::SetFault(uint64_t first, uint64_t last) {
  calls_ = 0;
  fault_first_ = first;
  fault_last_ = last;
  fault_hit_ = false;
}

Status MemoryDisk::Check() {
  ++calls_;
  if (calls_ < fault_first_ || calls_ > fault_last_) return OkStatus();
  fault_hit_ = true;
  return Unavailable("injected I/O error");
}

void MemoryDisk::Record(std::string_view path, NameChange change) {
  for (const auto& [name, inode] : change.sets) {
    if (inode == nullptr) {
      names_.erase(name);
    } else {
      names_[name] = inode;
    }
  }
  pending_[std::string(DirectoryOf(path))].push_back(std::move(change));
}

void MemoryDisk::TearInode(Inode& inode, Random& random) {
  if (inode.durable.has_value()) {  // A truncation that was not synced: it happened or it did not.
    if (random.OneIn(2)) inode.bytes = *inode.durable;
    inode.durable.reset();
  } else if (inode.bytes.size() > inode.synced) {
    if (random.OneIn(3)) {
      inode.bytes.resize(inode.synced);
    } else if (random.OneIn(2)) {
      inode.bytes.resize(inode.synced + random.Below(inode.bytes.size() - inode.synced + 1));
    } else {  // Any subset of the sectors; what did not make it holds zeros or noise.
      const bool zeros = random.OneIn(2);
      for (size_t at = inode.synced; at < inode.bytes.size();) {
        const size_t end = std::min((at / kSectorBytes + 1) * kSectorBytes, inode.bytes.size());
        if (random.OneIn(2)) {
          for (size_t i = at; i < end; ++i)
            inode.bytes[i] = static_cast<char>(zeros ? 0 : random.Next());
        }
        at = end;
      }
    }
  }
  inode.synced = inode.bytes.size();
}

void MemoryDisk::Crash(Random& random) {
  for (auto& [directory, changes] : pending_) {
    const uint64_t kept =
        random.Below(changes.size() + 1);  // Directories are journalled: a prefix survives.
    for (uint64_t i = 0; i < kept; ++i) {
      for (auto& [name, inode] : changes[i].sets) {
        if (inode == nullptr) {
          durable_names_.erase(name);
        } else {
          durable_names_[name] = inode;
        }
      }
    }
  }
  pending_.clear();
  names_ = durable_names_;
  for (auto& [name, inode] : names_) TearInode(*inode, random);
  ++epoch_;
  ClearFault();
}

std::string* MemoryDisk::MutableBytes(std::string_view path) {
  const auto it = names_.find(path);
  QR_CHECK(it != names_.end()) << std::string(path);
  return &it->second->bytes;
}

uint64_t MemoryDisk::total_bytes() const {
  uint64_t total = 0;
  for (const auto& [name, inode] : names_) total += inode->bytes.size();
  return total;
}

StatusOr<std::unique_ptr<File>> MemoryDisk::Open(std::string_view path, OpenMode mode) {
  QR_RETURN_IF_ERROR(Check());
  const auto it = names_.find(path);
  std::shared_ptr<Inode> inode;
  if (it != names_.end() && mode != OpenMode::kCreate) {
    inode = it->second;
  } else {
    if (mode == OpenMode::kRead) return NotFound(path);
    inode = std::make_shared<Inode>();
    Record(path, {{{std::string(path), inode}}});
  }
  return std::make_unique<MemoryFile>(this, std::move(inode), mode != OpenMode::kRead);
}

Status MemoryDisk::Remove(std::string_view path) {
  QR_RETURN_IF_ERROR(Check());
  if (!names_.contains(path)) return NotFound(path);
  Record(path, {{{std::string(path), nullptr}}});
  return OkStatus();
}

Status MemoryDisk::Rename(std::string_view from, std::string_view to) {
  QR_RETURN_IF_ERROR(Check());
  const auto it = names_.find(from);
  if (it == names_.end()) return NotFound(from);
  auto inode = it->second;
  Record(from, {{{std::string(from), nullptr}, {std::string(to), std::move(inode)}}});
  return OkStatus();
}

Status MemoryDisk::Truncate(std::string_view path, uint64_t size) {
  QR_RETURN_IF_ERROR(Check());
  const auto it = names_.find(path);
  if (it == names_.end()) return NotFound(path);
  Inode& inode = *it->second;
  if (size > inode.bytes.size()) return InvalidArgument("truncation would grow ", path);
  if (!inode.durable.has_value() && size < inode.synced)
    inode.durable = inode.bytes.substr(0, inode.synced);
  inode.bytes.resize(size);
  inode.synced = std::min(inode.synced, size);
  return OkStatus();
}

Status MemoryDisk::CreateDirectory(std::string_view) { return Check(); }

StatusOr<std::vector<std::string>> MemoryDisk::List(std::string_view directory) {
  QR_RETURN_IF_ERROR(Check());
  std::vector<std::string> out;
  for (const auto& [name, inode] : names_) {
    if (DirectoryOf(name) == directory) {
      out.push_back(directory.empty() ? name : name.substr(directory.size() + 1));
    }
  }
  return out;
}

Status MemoryDisk::SyncDirectory(std::string_view directory) {
  QR_RETURN_IF_ERROR(Check());
  const auto it = pending_.find(directory);
  if (it == pending_.end()) return OkStatus();
  for (auto& change : it->second) {
    for (auto& [name, inode] : change.sets) {
      if (inode == nullptr) {
        durable_names_.erase(name);
      } else {
        durable_names_[name] = inode;
      }
    }
  }
  pending_.erase(it);
  return OkStatus();
}

StatusOr<uint64_t> MemoryDisk::FileSize(std::string_view path) {
  QR_RETURN_IF_ERROR(Check());
  const auto it = names_.find(path);
  if (it == names_.end()) return NotFound(path);
  return it->second->bytes.size();
}

bool MemoryDisk::Exists(std::string_view path) { return names_.contains(path); }

}  // namespace quadraft::store
