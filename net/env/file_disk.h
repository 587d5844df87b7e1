// The production Disk: files below one data directory, which this process holds alone.
//
//   QR_ASSIGN_OR_RETURN(auto disk, FileDisk::Open("/var/lib/quadraft/1", executor));
//
// Syncs run on one thread of their own, in the order of asking; those of one file that wait together are one fdatasync. After
// a failed one the file's later syncs fail, too: what the kernel still holds of it is unknown ("fsyncgate", 2018).
#ifndef QUADRAFT_NET_ENV_FILE_DISK_H_
#define QUADRAFT_NET_ENV_FILE_DISK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/env/disk.h"
#include "core/env/executor.h"
#include "net/env/fd.h"

namespace quadraft::net {

class SyncThread;

class FileDisk : public Disk {
 public:
  // Creates the directory (with parents) when absent. FailedPrecondition: another process holds it.
  static StatusOr<std::unique_ptr<FileDisk>> Open(std::string_view data_dir, Executor& executor);
  ~FileDisk() override;  // Waits for the sync under way.

  StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  Status Remove(std::string_view path) override;
  Status Rename(std::string_view from, std::string_view to) override;
  Status Truncate(std::string_view path, uint64_t size) override;
  Status CreateDirectory(std::string_view path) override;
  StatusOr<std::vector<std::string>> List(std::string_view directory) override;
  Status SyncDirectory(std::string_view directory) override;
  StatusOr<uint64_t> FileSize(std::string_view path) override;
  bool Exists(std::string_view path) override;

 private:
  FileDisk(Fd root, Fd lock, Executor& executor);

  Fd root_;
  Fd lock_;
  std::shared_ptr<SyncThread> sync_thread_;
};

// A Disk for programs without a data directory: every call fails with FailedPrecondition.
std::unique_ptr<Disk> MakeNoDisk();

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_FILE_DISK_H_
