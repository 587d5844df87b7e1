// Files as a node sees them. Paths are relative to the node's data directory, '/'-separated; no "..".
//
// What is durable: bytes of a file up to the last completed sync of that file, under a name, once the directory that holds
// the name was synced after the file was created or renamed. Everything else may vanish, tear (any subset of 512-byte
// sectors) or half survive a crash. Reads in the same process see every append and write at once, synced or not.
//
// Errors of any call: NotFound, AlreadyExists, ResourceExhausted (no space: nothing or a prefix was written, the caller
// must truncate), Unavailable (I/O error; after a failed sync the unsynced bytes are in an unknown state and must not be
// synced again as if nothing happened), DataLoss (the device reported corruption), InvalidArgument (bad path).
//
// All calls are on the executor's loop, except File::Read, which Offload workers may call too.
#ifndef QUADRAFT_CORE_ENV_DISK_H_
#define QUADRAFT_CORE_ENV_DISK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/status.h"

namespace quadraft {

enum class OpenMode {
  kRead,          // Must exist; appending is an error (FailedPrecondition).
  kCreate,        // Truncated when it exists. Read and append.
  kAppend,        // Created when absent, else kept; appends go to its end. Read and append.
};

class File {
 public:
  virtual ~File() = default;  // Closes; unsynced bytes stay unsynced. A Sync under way still calls back.

  // Up to `length` bytes from `offset`; fewer only at the end of the file.
  virtual StatusOr<std::string> Read(uint64_t offset, size_t length) const = 0;
  virtual Status Append(std::string_view bytes) = 0;

  // Makes everything appended before this call durable, LATER: `done` runs on the loop, never inside this call. Appending
  // goes on meanwhile. Syncs of one file complete in order.
  virtual void Sync(absl::AnyInvocable<void(Status)> done) = 0;
  // The same, now; stalls the loop. For LevelDB's calls and for start-up only.
  virtual Status SyncNow() = 0;

  virtual uint64_t size() const = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;

  virtual StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) = 0;
  virtual Status Remove(std::string_view path) = 0;                          // NotFound when absent.
  virtual Status Rename(std::string_view from, std::string_view to) = 0;     // Replaces `to` atomically.
  virtual Status Truncate(std::string_view path, uint64_t size) = 0;         // Only shrinks; not durable until synced.
  virtual Status CreateDirectory(std::string_view path) = 0;                 // With parents; OK when it exists.
  virtual StatusOr<std::vector<std::string>> List(std::string_view directory) = 0;  // Names, sorted.
  virtual Status SyncDirectory(std::string_view directory) = 0;              // Names made durable, now.
  virtual StatusOr<uint64_t> FileSize(std::string_view path) = 0;
  virtual bool Exists(std::string_view path) = 0;
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_DISK_H_
