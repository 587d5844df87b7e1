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
// Crashes (disk_crash.cc). A file is an inode: bytes up to its last completed sync survive. Of the
// rest, at a crash: nothing, a random prefix, or a random subset of 512-byte sectors (the others
// zero or garbage). A truncation that was not synced may be undone. Names, of files and of
// directories, survive up to the last SyncDirectory of the directory that holds them plus a random
// prefix of the later changes (an ordered journal; kReorderNames: any of them); what lies in a
// directory that is gone is gone.
//
// Failed syncs (disk_sync.cc), as on Linux: the bytes that the sync covered stay in doubt for good,
// even if a later sync succeeds. The page cache keeps them (ext4) or goes back to what the medium
// holds (btrfs); a process that is restarted on the same machine reads that.
//
// Harm (disk_harm.cc): what media and controllers do to bytes that were written and synced. Each
// place that was harmed is remembered (Harms), so that a run can tell damage from a bug.
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

// What a power failure does to what was not synced.
enum class CrashStyle : uint8_t {
  kAny,
  kLoseAll,
  kTear,
  kReorderNames,  // kAny, on a file system whose changes of names are in no order.
};

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
  // Power failure: see above. Open files are dead: every call fails with Unavailable.
  void Crash();
  void set_next_crash(CrashStyle style) { next_crash_ = style; }
  void Detach();  // The process ended, the machine did not: open files are dead, every written byte
                  // is kept.
  void Wipe();    // A new, empty disk.
  // The callbacks of syncs that a crash cut off: destroyed by the caller when the program is gone,
  // never run.
  std::vector<Closure> TakeDropped() { return std::exchange(dropped_, {}); }

  // Fails the n-th operation from now (1: the next) of a kind in `ops`, once, with Unavailable.
  void FailNth(uint32_t ops, uint64_t n);
  bool nth_pending() const { return nth_ops_ != 0; }
  // Power goes at the n-th operation of a kind in `ops`, in the middle of the event: that one and
  // all after it fail, and `cut` is called, which must crash the process. `ops` 0 ends it.
  void DieAtNth(uint32_t ops, uint64_t n, Closure cut);
  // Fails each operation of a kind in `ops` with a chance of `ppm` in a million. Zero ends it.
  void FailWithChance(uint32_t ops, uint32_t ppm);
  // Appends that would pass this fail with ResourceExhausted after writing what fits.
  void set_capacity_bytes(uint64_t bytes) { options_.capacity_bytes = bytes; }
  // Every sync takes `factor` times as long.
  void set_slowness(int64_t factor) { slowness_ = factor; }
  // Syncs that are asked for before `until` end no sooner than that; `now` is Now()'s.
  void StallUntil(Duration until) { stalled_until_ = until; }
  // Where StallUntil's times come from.
  void SetNow(absl::AnyInvocable<Duration()> now) { now_ = std::move(now); }

  // --- Harm ---
  // InvalidArgument: not wholly within what is durable. NotFound: no such file.
  // Flips one bit, as a decaying medium does.
  Status FlipBit(std::string_view path, uint64_t offset, int bit);
  // Another file's write landed here.
  Status Overwrite(std::string_view path, uint64_t offset, std::string_view bytes);
  // The last bytes are gone, from `size` on.
  Status CutFile(std::string_view path, uint64_t size);
  // The name is gone, and the file with it.
  Status LoseFile(std::string_view path);
  // Every read that touches [from, to) fails from now on.
  Status MakeUnreadable(std::string_view path, uint64_t from, uint64_t to);
  // What was written and synced to [from, to) never reached the medium; only the page cache has
  // it, until DropCache or a power failure. False: the medium happens to hold the same.
  StatusOr<bool> LoseWrite(std::string_view path, uint64_t from, uint64_t to);
  void DropCache();
  // The n-th read from now, once, does not say what the medium holds: one bit is wrong, or (the
  // other one) a sector of another place comes instead.
  void FlipNthRead(uint64_t n) { ArmLie(n, false); }
  void MisdirectNthRead(uint64_t n) { ArmLie(n, true); }
  uint64_t lies() const { return lies_; }  // Reads that told something else than the medium holds.
  // Whether one did since the last crash or detaching.
  bool lied() const { return lied_epoch_ == epoch_; }

  struct Harm {
    std::string path;
    uint64_t from = 0, to = 0;
  };
  // Of files that are still there under their names, and of files that LoseFile took.
  std::vector<Harm> Harms() const;

  struct FileInfo {
    std::string path;
    uint64_t durable = 0;                 // Bytes.
    uint64_t sync_from = 0, sync_to = 0;  // What the last sync that had something to do made so.
  };
  std::vector<FileInfo> DurableFiles() const;  // In order of name; without the empty ones.
  // All bytes of a file as a process would see them, past every fault. Empty when it is not there.
  std::string Peek(std::string_view path) const;

  // What is durable now; and the disk as it was then (a restored backup or virtual machine).
  struct Image {
    std::map<std::string, std::string, std::less<>> files;
    std::set<std::string, std::less<>> directories;
    bool operator==(const Image&) const = default;
  };
  Image TakeImage() const;
  void Restore(const Image& image);

  // --- What is going on ---
  uint64_t unsynced_bytes() const;
  size_t unsynced_names() const;               // Changes of directories.
  uint64_t stalls() const { return stalls_; }  // Syncs that StallUntil kept waiting.
  uint64_t refused_for_space() const { return refused_for_space_; }
  uint64_t unreadable_hits() const { return unreadable_hits_; }
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
    uint64_t sync_from = 0, sync_to = 0;                // See FileInfo.
    std::vector<std::pair<uint64_t, uint64_t>> harmed;  // Ranges.
    std::vector<std::pair<uint64_t, uint64_t>> unreadable;
    std::vector<std::pair<uint64_t, std::string>> lost_writes;  // Offset; what the medium holds.
  };
  using InodePtr = std::shared_ptr<Inode>;
  // One change of a directory that is not yet durable: names set (or, with null, removed) together,
  // or a directory made or removed in it.
  struct NameChange {
    std::vector<std::pair<std::string, InodePtr>> sets;
    std::string directory;
    bool made = false;
  };
  using Names = std::map<std::string, InodePtr, std::less<>>;

  Status Inject(DiskOp op, std::string_view path);
  void SetName(std::string_view path, InodePtr inode);
  void Record(std::string_view directory, NameChange change);
  void MakeDurable(NameChange& change);
  void DropOrphans();  // Of the durable names: those whose directory is not there.
  StatusOr<InodePtr> FindDurable(std::string_view path, uint64_t from, uint64_t to) const;
  void ArmLie(uint64_t n, bool misdirect);
  StatusOr<std::string> ReadHarmed(const Inode& inode, std::string_view path, uint64_t offset,
                                   size_t length);
  std::string Lie(const Inode& inode, std::string truth, uint64_t offset);
  void ApplyLostWrites(Inode& inode);
  static void ClipHarm(Inode& inode, uint64_t size);
  void TruncateInode(Inode& inode, uint64_t size);
  void CrashInode(Inode& inode);
  void TearInto(Inode& inode, std::string* durable, uint64_t from, uint64_t to, CrashStyle style);
  void FailSync(Inode& inode, uint64_t size);
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
  std::set<std::string, std::less<>> durable_directories_;
  CrashStyle next_crash_ = CrashStyle::kAny;
  uint64_t epoch_ = 1;  // Files opened in an earlier one are dead.
  uint64_t used_bytes_ = 0;
  std::vector<Closure> dropped_;
  int64_t slowness_ = 1;
  uint32_t nth_ops_ = 0;
  uint64_t nth_left_ = 0;
  uint32_t chance_ops_ = 0;
  uint32_t chance_ppm_ = 0;
  uint64_t injected_errors_ = 0;
  uint64_t refused_for_space_ = 0;
  uint32_t die_ops_ = 0;
  uint64_t die_in_ = 0;
  Closure on_death_;
  bool dead_ = false;  // Until the crash.
  uint64_t stalls_ = 0;
  Duration stalled_until_{0};
  absl::AnyInvocable<Duration()> now_;
  // Reads take the slow path when something may be wrong with them.
  bool reads_harmed_ = false;
  uint64_t lie_in_ = 0;  // Reads until the one that lies; 0: none will.
  bool lie_misdirects_ = false;
  uint64_t lies_ = 0;
  uint64_t lied_epoch_ = 0;
  uint64_t unreadable_hits_ = 0;
  std::vector<Harm> lost_files_;
  uint64_t syncs_ = 0;
  size_t syncs_under_way_ = 0;
  absl::AnyInvocable<void(uint64_t)> on_write_;
  absl::AnyInvocable<void(Duration)> on_stall_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_DISK_H_
