// A disk in memory for the tests of store/: it forgets, tears and fails on demand.
//
//   MemoryDisk disk(executor);
//   disk.FailFrom(17);                 // The 17th call from now on fails, and every one after it:
//   the process is as good as dead. disk.Crash(random);                // What was not synced
//   vanishes, survives or tears by 512-byte sectors.
//
// Files that were open before Crash answer FailedPrecondition. Simulated runs of whole nodes use
// sim/world instead; this one stays below it so that store/ can be tested by itself.
#ifndef QUADRAFT_STORE_TESTING_MEMORY_DISK_H_
#define QUADRAFT_STORE_TESTING_MEMORY_DISK_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/env/disk.h"
#include "core/env/executor.h"
#include "core/env/random.h"

namespace quadraft::store {

class MemoryDisk : public Disk {
 public:
  static constexpr size_t kSectorBytes = 512;

  explicit MemoryDisk(Executor& executor) : executor_(executor) {}

  // Faults. Calls are counted from 1 since the last of these; an append that fails may have written
  // a prefix.
  void FailOnly(uint64_t call) { SetFault(call, call); }
  void FailFrom(uint64_t call) { SetFault(call, ~uint64_t{0}); }
  void ClearFault() { SetFault(~uint64_t{0}, ~uint64_t{0}); }
  uint64_t calls() const { return calls_; }  // Since the last of the three above.
  bool fault_hit() const { return fault_hit_; }

  // The machine loses power and starts again.
  void Crash(Random& random);

  // Test access to stored bytes, as a broken device would change them.
  std::string* MutableBytes(std::string_view path);
  uint64_t total_bytes() const;
  uint64_t sync_count() const { return sync_count_; }

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
  friend class MemoryFile;
  struct Inode {
    std::string bytes;
    uint64_t synced = 0;                 // bytes[0, synced) are durable,
    std::optional<std::string> durable;  // unless the file was truncated since: then this is.
  };
  struct NameChange {  // `inode` null: the name went away.
    std::vector<std::pair<std::string, std::shared_ptr<Inode>>> sets;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>, std::less<>>;

  void SetFault(uint64_t first, uint64_t last);
  Status Check();  // Counts one call; the injected error when its turn has come.
  void Record(std::string_view path, NameChange change);
  void TearInode(Inode& inode, Random& random);

  Executor& executor_;
  Names names_;
  Names durable_names_;
  std::map<std::string, std::vector<NameChange>, std::less<>> pending_;  // By directory, in order.
  uint64_t calls_ = 0, fault_first_ = ~uint64_t{0}, fault_last_ = ~uint64_t{0};
  bool fault_hit_ = false;
  uint64_t epoch_ = 0;  // Counts crashes.
  uint64_t sync_count_ = 0;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_TESTING_MEMORY_DISK_H_
