// A simulated disk: core/env/disk.h with the faults of real ones. It outlives the processes that
// use it; Crash() is a power failure, after which every open File is dead and only what a real disk
// might still hold is there.
//
//   ManualExecutor executor;
//   SimDisk disk(/*seed=*/7, &executor);
//   auto file = disk.Open("log/1", OpenMode::kCreate);   (*file)->Append("abc");
//   disk.Crash();                                        // "log/1" may be gone: neither it nor its
//   directory was synced.
//
// Model. A file is an inode: bytes up to its last completed sync survive. Of the rest, at a crash:
// nothing, a random prefix, or a random subset of 512-byte sectors (the others zero or garbage). A
// truncation that was not synced may be undone. Names survive up to the last SyncDirectory of their
// directory plus a random prefix of the later changes (an ordered journal). Directories themselves
// are durable at once. After a sync that failed, the bytes it covered stay in doubt for good, even
// if a later sync succeeds (what fsync does on Linux).
#ifndef QUADRAFT_SIM_WORLD_DISK_H_
#define QUADRAFT_SIM_WORLD_DISK_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/env/disk.h"
#include "core/env/executor.h"
#include "core/env/random.h"

namespace quadraft::sim {

class SimFile;

// What may be made to fail. Reads, Open for reading, List and Exists count as kRead.
enum DiskOp : uint32_t {
  kDiskRead = 1,
  kDiskAppend = 2,
  kDiskSync = 4,
  kDiskName = 8,  // Create, remove, rename, truncate, SyncDirectory.
  kDiskAny = 15,
};

struct SimDiskOptions {
  Duration sync_latency = microseconds(300);
  Duration sync_jitter = microseconds(700);  // Uniform on top.
  uint64_t capacity_bytes = uint64_t{1} << 40;
};

class SimDisk : public Disk {
 public:
  // `executor` runs the callbacks of Sync; may be null until Attach. Not owned.
  SimDisk(uint64_t seed, Executor* executor, SimDiskOptions options = {});
  ~SimDisk() override;

  StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  Status Remove(std::string_view path) override;
  Status Rename(std::string_view from, std::string_view to) override;
  Status Truncate(std::string_view path, uint64_t size) override;
  Status CreateDirectory(std::string_view path) override;
  StatusOr<std::vector<std::string>> List(std::string_view directory) override;
  Status SyncDirectory(std::string_view directory) override;
  StatusOr<uint64_t> FileSize(std::string_view path) override;
  bool Exists(std::string_view path) override;

  // --- The world's side ---
  void Attach(Executor* executor) { executor_ = executor; }
  void
  Crash();  // Power failure: see above. Open files are dead: every call fails with Unavailable.
  void Detach();  // The process ended, the machine did not: open files are dead, every written byte
                  // is kept.
  void Wipe();    // A new, empty disk.
  // The callbacks of syncs that a crash cut off: destroyed by the caller when the program is gone,
  // never run.
  std::vector<Closure> TakeDropped() { return std::exchange(dropped_, {}); }

  // Fails the n-th operation from now (1: the next) of a kind in `ops`, once, with Unavailable.
  void FailNth(uint32_t ops, uint64_t n);
  // Fails each operation of a kind in `ops` with a chance of `ppm` in a million. Zero ends it.
  void FailWithChance(uint32_t ops, uint32_t ppm);
  // Appends that would pass this fail with ResourceExhausted after writing what fits.
  void set_capacity_bytes(uint64_t bytes) { options_.capacity_bytes = bytes; }
  // Every sync takes `factor` times as long.
  void set_slowness(int64_t factor) { slowness_ = factor; }
  // Flips one bit of a file, as a decaying medium does. NotFound, or InvalidArgument past its end.
  Status FlipBit(std::string_view path, uint64_t offset, int bit);

  uint64_t used_bytes() const { return used_bytes_; }
  uint64_t capacity_bytes() const { return options_.capacity_bytes; }
  uint64_t injected_errors() const { return injected_errors_; }
  uint64_t syncs() const { return syncs_; }
  size_t syncs_under_way() const {
    return syncs_under_way_;
  }  // Asked for by Sync and not yet called back.

  // Called for each write or name change with a digest of it (the run hash).
  void OnWrite(absl::AnyInvocable<void(uint64_t digest)> fn) { on_write_ = std::move(fn); }
  // Called when a synchronous sync stalls the loop.
  void OnStall(absl::AnyInvocable<void(Duration)> fn) { on_stall_ = std::move(fn); }

 private:
  friend class SimFile;
  struct Inode : std::enable_shared_from_this<Inode> {
    std::string data;
    uint64_t synced_size = 0;  // data[0, synced_size) is durable ...
    uint64_t doubt_from = 0;   // ... except [doubt_from, doubt_to), after a failed sync.
    uint64_t doubt_to = 0;
    std::string old_tail;  // Durable bytes from synced_size on that an unsynced truncation cut off.
    uint64_t truncations = 0;
    std::deque<std::shared_ptr<uint64_t>>
        pending_sizes;               // Of syncs under way; a truncation shrinks them.
    std::deque<Closure> sync_queue;  // Completions to come, in order.
    int names = 0;                   // In the current name space; zero: its bytes are given back.
  };
  using InodePtr = std::shared_ptr<Inode>;
  // One change of a directory that is not yet durable: names set (or, with null, removed) together.
  struct NameChange {
    std::vector<std::pair<std::string, InodePtr>> sets;
  };
  using Names = std::map<std::string, InodePtr, std::less<>>;

  Status Inject(DiskOp op, std::string_view path);
  void SetName(std::string_view path, InodePtr inode);
  void Record(std::string_view directory, NameChange change);
  void TruncateInode(Inode& inode, uint64_t size);
  void CrashInode(Inode& inode);
  void TearInto(Inode& inode, std::string* durable, uint64_t from, uint64_t to);
  Status AppendTo(Inode& inode, std::string_view path, std::string_view bytes);
  Status FinishSync(Inode& inode, uint64_t size, uint64_t truncations, Status outcome);
  void RunInOrder(Inode& inode, Closure finish);
  void StartNextSync(Inode& inode);
  Duration SyncLatency();
  void Note(std::string_view what, std::string_view bytes);

  Random random_;
  Executor* executor_;
  SimDiskOptions options_;
  Names names_;          // What a running process sees.
  Names durable_names_;  // What is there after a crash, before the surviving prefix of changes_.
  std::map<std::string, std::vector<NameChange>, std::less<>> changes_;  // By directory, in order.
  std::set<std::string, std::less<>> directories_;
  uint64_t epoch_ = 1;  // Files opened in an earlier one are dead.
  uint64_t used_bytes_ = 0;
  std::vector<Closure> dropped_;
  int64_t slowness_ = 1;
  uint32_t nth_ops_ = 0;
  uint64_t nth_left_ = 0;
  uint32_t chance_ops_ = 0;
  uint32_t chance_ppm_ = 0;
  uint64_t injected_errors_ = 0;
  uint64_t syncs_ = 0;
  size_t syncs_under_way_ = 0;
  absl::AnyInvocable<void(uint64_t)> on_write_;
  absl::AnyInvocable<void(Duration)> on_stall_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_DISK_H_
