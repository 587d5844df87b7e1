#include "net/env/sync_thread.h"

#include <errno.h>
#include <string.h>

#include <map>
#include <utility>

namespace quadraft::net {

Status ErrnoStatus(int error, std::string_view what) {
  char buffer[128];
  const std::string text = StrCat(what, ": ", strerror_r(error, buffer, sizeof(buffer)));
  switch (error) {
    case ENOENT: return NotFound(text);
    case EEXIST: return AlreadyExists(text);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE: return ResourceExhausted(text);
    case EBADMSG:
    case EUCLEAN: return DataLoss(text);
    case EINVAL:
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP: return InvalidArgument(text);
    case ENOTEMPTY: return FailedPrecondition(text);
    default: return Unavailable(text);
  }
}

Status OpenFile::SyncNow() {
  std::lock_guard lock(mutex);
  if (!sync_error.ok()) return sync_error;
  int result;
  do {
    result = fdatasync(fd.get());
  } while (result != 0 && errno == EINTR);
  if (result != 0) sync_error = ErrnoStatus(errno, StrCat("sync ", path));
  return sync_error;
}

SyncThread::SyncThread(Executor& executor) : executor_(executor), thread_([this] { Loop(); }) {}

SyncThread::~SyncThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SyncThread::Sync(std::shared_ptr<OpenFile> file, absl::AnyInvocable<void(Status)> done) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back({std::move(file), std::move(done), OkStatus()});
  }
  wake_.notify_one();
}

void SyncThread::Loop() {
  while (true) {
    std::vector<Item> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      batch.swap(queue_);
    }
    // All of the batch asked before this moment: one fdatasync covers each file's requests.
    std::map<OpenFile*, Status> synced;
    for (Item& item : batch) {
      const auto [found, first] = synced.try_emplace(item.file.get());
      if (first) found->second = item.file->SyncNow();
      item.status = found->second;
      executor_.Post([done = std::move(item.done), status = item.status]() mutable {
        done(std::move(status));
      });
    }
  }
}

}  // namespace quadraft::net
