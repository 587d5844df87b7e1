// The thread that makes files durable. Internal to net/env.
#ifndef QUADRAFT_NET_ENV_SYNC_THREAD_H_
#define QUADRAFT_NET_ENV_SYNC_THREAD_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"
#include "core/env/executor.h"
#include "net/env/fd.h"

namespace quadraft::net {

// What a File and its syncs under way share; the descriptor lives until the last of them is done.
struct OpenFile {
  Fd fd;
  std::string path;
  std::mutex mutex;
  Status sync_error;  // Under mutex. The first failed sync; it stays.

  Status SyncNow();   // fdatasync, or sync_error. Any thread.
};

// Bounded by its callers: each waits for `done` before it lets more than a few syncs pile up.
class SyncThread {
 public:
  explicit SyncThread(Executor& executor);
  ~SyncThread();  // Waits for the sync under way; callbacks of what was not begun are dropped.

  void Sync(std::shared_ptr<OpenFile> file, absl::AnyInvocable<void(Status)> done);

 private:
  struct Item {
    std::shared_ptr<OpenFile> file;
    absl::AnyInvocable<void(Status)> done;
    Status status;
  };
  void Loop();

  Executor& executor_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;  // Under mutex_.
  bool stopping_ = false;    // Under mutex_.
  std::thread thread_;
};

// errno as core/env/disk.h says it.
Status ErrnoStatus(int error, std::string_view what);

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_SYNC_THREAD_H_
