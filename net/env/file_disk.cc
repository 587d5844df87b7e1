#include "net/env/file_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "net/env/sync_thread.h"

namespace quadraft::net {
namespace {

constexpr char kLockName[] = "quadraft.lock";
constexpr size_t kTrustedReadBytes = 256u << 10;  // Up to here a buffer costs less than asking for the size.
constexpr size_t kReadBytesMax = 1u << 30;  // Of one Read: a wild length must not become a wild allocation.

Status CheckPath(std::string_view path) {
  const Status bad = InvalidArgument("bad path '", path, "'");
  if (path.empty() || path.front() == '/' || path.find('\0') != path.npos) return bad;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part == "..") return bad;
    at = end + 1;
  }
  return OkStatus();
}

bool IsRoot(std::string_view directory) { return directory.empty() || directory == "."; }

StatusOr<Fd> OpenDirectory(int root, std::string_view directory) {
  if (directory.size() > 1 && directory.back() == '/') directory.remove_suffix(1);
  if (!IsRoot(directory)) QR_RETURN_IF_ERROR(CheckPath(directory));
  const std::string path(IsRoot(directory) ? "." : directory);
  Fd fd(openat(root, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return fd;
}

class FileOnDisk : public File {
 public:
  FileOnDisk(Fd fd, std::string path, OpenMode mode, std::shared_ptr<SyncThread> sync_thread)
      : file_(std::make_shared<OpenFile>()), mode_(mode), sync_thread_(std::move(sync_thread)) {
    file_->fd = std::move(fd);
    file_->path = std::move(path);
  }

  StatusOr<std::string> Read(uint64_t offset, size_t length) const override {
    if (length > kTrustedReadBytes) {  // Asks for the rest of the file, likely: how much is there?
      const uint64_t size = this->size();
      length = offset >= size ? 0 : std::min<uint64_t>(length, size - offset);
    }
    if (length > kReadBytesMax) return ResourceExhausted(file_->path, ": a read of ", length, " bytes");
    std::string out(length, '\0');
    size_t got = 0;
    while (got < length) {
      const ssize_t n = pread(file_->fd.get(), out.data() + got, length - got, offset + got);
      if (n == 0) break;
      if (n > 0) {
        got += n;
      } else if (errno != EINTR) {
        return ErrnoStatus(errno, StrCat("read ", file_->path));
      }
    }
    out.resize(got);
    return out;
  }

  Status Append(std::string_view bytes) override {
    if (mode_ == OpenMode::kRead) return FailedPrecondition(file_->path, " was opened to be read");
    while (!bytes.empty()) {
      const ssize_t n = write(file_->fd.get(), bytes.data(), bytes.size());
      if (n >= 0) {
        bytes.remove_prefix(n);
      } else if (errno != EINTR) {
        return ErrnoStatus(errno, StrCat("append to ", file_->path));
      }
    }
    return OkStatus();
  }

  void Sync(absl::AnyInvocable<void(Status)> done) override {
    sync_thread_->Sync(file_, std::move(done));
  }
  Status SyncNow() override { return file_->SyncNow(); }

  uint64_t size() const override {
    struct stat info;
    return fstat(file_->fd.get(), &info) == 0 ? info.st_size : 0;
  }

 private:
  std::shared_ptr<OpenFile> file_;
  OpenMode mode_;
  std::shared_ptr<SyncThread> sync_thread_;
};

Status MakeDirectories(int root, const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdirat(root, part.c_str(), 0755) != 0 && errno != EEXIST) {
      return ErrnoStatus(errno, StrCat("create directory ", part));
    }
    if (end == path.npos) return OkStatus();
  }
}

class NoDisk : public Disk {
 public:
  StatusOr<std::unique_ptr<File>> Open(std::string_view, OpenMode) override { return Error(); }
  Status Remove(std::string_view) override { return Error(); }
  Status Rename(std::string_view, std::string_view) override { return Error(); }
  Status Truncate(std::string_view, uint64_t) override { return Error(); }
  Status CreateDirectory(std::string_view) override { return Error(); }
  StatusOr<std::vector<std::string>> List(std::string_view) override { return Error(); }
  Status SyncDirectory(std::string_view) override { return Error(); }
  StatusOr<uint64_t> FileSize(std::string_view) override { return Error(); }
  bool Exists(std::string_view) override { return false; }

 private:
  static Status Error() { return FailedPrecondition("this process has no data directory"); }
};

}  // namespace

std::unique_ptr<Disk> MakeNoDisk() { return std::make_unique<NoDisk>(); }

StatusOr<std::unique_ptr<FileDisk>> FileDisk::Open(std::string_view data_dir, Executor& executor) {
  const std::string path(data_dir);
  QR_RETURN_IF_ERROR(MakeDirectories(AT_FDCWD, path));
  Fd root(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return ErrnoStatus(errno, StrCat("data directory ", path));
  Fd lock(openat(root.get(), kLockName, O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.valid()) return ErrnoStatus(errno, StrCat(path, "/", kLockName));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, StrCat(path, "/", kLockName));
    char holder[32] = {};
    (void)!pread(lock.get(), holder, sizeof(holder) - 1, 0);
    const std::string_view pid(holder);
    return FailedPrecondition("data directory ", path, " is in use by process ",
                              pid.substr(0, pid.find('\n')), "; stop it or choose another directory");
  }
  const std::string pid = StrCat(getpid(), "\n");
  if (ftruncate(lock.get(), 0) != 0 || pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    return ErrnoStatus(errno, StrCat(path, "/", kLockName));
  }
  return std::unique_ptr<FileDisk>(new FileDisk(std::move(root), std::move(lock), executor));
}

FileDisk::FileDisk(Fd root, Fd lock, Executor& executor)
    : root_(std::move(root)),
      lock_(std::move(lock)),
      sync_thread_(std::make_shared<SyncThread>(executor)) {}

FileDisk::~FileDisk() = default;

StatusOr<std::unique_ptr<File>> FileDisk::Open(std::string_view path, OpenMode mode) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  int flags = O_CLOEXEC;
  if (mode == OpenMode::kRead) {
    flags |= O_RDONLY;
  } else {
    flags |= O_RDWR | O_CREAT | O_APPEND | (mode == OpenMode::kCreate ? O_TRUNC : 0);
  }
  std::string name(path);
  Fd fd(openat(root_.get(), name.c_str(), flags, 0644));
  if (!fd.valid()) return ErrnoStatus(errno, name);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, name);
  if (S_ISDIR(info.st_mode)) return InvalidArgument(name, " is a directory");
  return std::unique_ptr<File>(
      std::make_unique<FileOnDisk>(std::move(fd), std::move(name), mode, sync_thread_));
}

Status FileDisk::Remove(std::string_view path) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const std::string name(path);
  if (unlinkat(root_.get(), name.c_str(), 0) == 0) return OkStatus();
  if (errno == EISDIR && unlinkat(root_.get(), name.c_str(), AT_REMOVEDIR) == 0) return OkStatus();
  return ErrnoStatus(errno, StrCat("remove ", name));
}

Status FileDisk::Rename(std::string_view from, std::string_view to) {
  QR_RETURN_IF_ERROR(CheckPath(from));
  QR_RETURN_IF_ERROR(CheckPath(to));
  const std::string source(from), target(to);
  if (renameat(root_.get(), source.c_str(), root_.get(), target.c_str()) == 0) return OkStatus();
  return ErrnoStatus(errno, StrCat("rename ", source, " to ", target));
}

Status FileDisk::Truncate(std::string_view path, uint64_t size) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const std::string name(path);
  Fd fd(openat(root_.get(), name.c_str(), O_WRONLY | O_CLOEXEC));
  struct stat info;
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, name);
  if (size > static_cast<uint64_t>(info.st_size)) {
    return InvalidArgument(name, ": truncation beyond the end");
  }
  return ftruncate(fd.get(), size) == 0 ? OkStatus() : ErrnoStatus(errno, StrCat("truncate ", name));
}

Status FileDisk::CreateDirectory(std::string_view path) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  Status made = MakeDirectories(root_.get(), std::string(path));
  if (made.ok()) made = OpenDirectory(root_.get(), path).status();
  if (absl::IsInvalidArgument(made)) return AlreadyExists(path, " is, or lies below, a file");
  return made;
}

StatusOr<std::vector<std::string>> FileDisk::List(std::string_view directory) {
  QR_ASSIGN_OR_RETURN(Fd fd, OpenDirectory(root_.get(), directory));
  DIR* stream = fdopendir(dup(fd.get()));
  if (stream == nullptr) return ErrnoStatus(errno, StrCat("list ", directory));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || (IsRoot(directory) && name == kLockName)) continue;
    names.emplace_back(name);
  }
  closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

Status FileDisk::SyncDirectory(std::string_view directory) {
  QR_ASSIGN_OR_RETURN(Fd fd, OpenDirectory(root_.get(), directory));
  return fsync(fd.get()) == 0 ? OkStatus() : ErrnoStatus(errno, StrCat("sync ", directory));
}

StatusOr<uint64_t> FileDisk::FileSize(std::string_view path) {
  QR_RETURN_IF_ERROR(CheckPath(path));
  const std::string name(path);
  struct stat info;
  if (fstatat(root_.get(), name.c_str(), &info, 0) != 0) return ErrnoStatus(errno, name);
  return static_cast<uint64_t>(info.st_size);
}

bool FileDisk::Exists(std::string_view path) {
  return CheckPath(path).ok() && faccessat(root_.get(), std::string(path).c_str(), F_OK, 0) == 0;
}

}  // namespace quadraft::net
