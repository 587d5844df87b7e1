// The durable log of all groups of one node: one stream of records in numbered segments
// (store/FORMAT.md), one sync for everything that was written before it. Implements
// core/replica/log_store.h, whose comments are the contract.
//
//   QR_ASSIGN_OR_RETURN(auto log, WriteAheadLog::Open(env, "log", {}));
//   auto groups = log->TakeRecovered();
//   QR_RETURN_IF_ERROR(log->Append(group, entries));
//   log->Sync([](Status durable) { ... });
//
// Invariants: 1. a segment is begun only after the one before it is synced whole; 2. at most one
// File::Sync is under way, and callbacks run in the order of the Sync calls; 3. a segment is
// removed only after a synced record says that it may be;
// 4. after the first error nothing is written again; 5. what the high-water file names was synced
// before it was noted there, and it is noted within kHighWaterDelay and two syncs; 6. a hard state is
// durable in the promises file before a callback says so.
//
// Destroying the log drops the callbacks of syncs that are under way: the node is going away.
#ifndef QUADRAFT_STORE_LOG_WRITE_AHEAD_LOG_H_
#define QUADRAFT_STORE_LOG_WRITE_AHEAD_LOG_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/compress.h"
#include "core/env/env.h"
#include "core/replica/log_store.h"
#include "store/log/high_water.h"
#include "store/log/promises.h"
#include "store/log/recovery.h"

namespace quadraft::store {

inline constexpr size_t kSyncWaitersMax = 1u << 20;

class WriteAheadLog : public replica::LogStore {
 public:
  struct Options {
    uint64_t segment_bytes = 64u << 20;  // A segment may be larger by its last record.
    std::function<void(Duration took)> on_synced;  // After each sync, on the loop; null: nobody asks.
    // Payloads of so many bytes are compressed (core/base/compress.h); SIZE_MAX: none, as long as an
    // older program may have to read this log.
    size_t compress_from_bytes = kCompressFromBytes;
    // A log that the medium damaged is rebuilt (recovery.h), else it is DataLoss. Only for a node
    // whose group has a majority without it: the others must bring back what is lost.
    bool rebuild_damaged = false;
    // Not empty: why the state that this log leads to is lost. Nothing of the log is of use without
    // it but term and vote: it is rebuilt as if all of it were damaged.
    std::string state_lost;
  };
  // `env` outlives the log. DataLoss: the log is damaged (see recovery.h); other errors are the
  // disk's.
  static StatusOr<std::unique_ptr<WriteAheadLog>> Open(Env& env, std::string directory,
                                                       const Options& options);

  std::map<GroupId, replica::RecoveredGroup> TakeRecovered() override {
    return std::move(recovered_);
  }
  // What the log begins after, of a group that TakeRecovered was not asked about yet.
  LogIndex recovered_snapshot(GroupId group) const {
    const auto found = recovered_.find(group);
    return found == recovered_.end() ? LogIndex{} : found->second.snapshot_index;
  }
  Status Append(GroupId group, std::span<const raft::Entry> entries) override;
  Status SaveHardState(GroupId group, const raft::HardState& state) override;
  Status SaveSnapshotMark(GroupId group, LogIndex index, RaftTerm term) override;
  void Sync(absl::AnyInvocable<void(Status)> done) override;

  struct Stats {
    uint64_t oldest_segment = 0, current_segment = 0;
    uint64_t current_segment_bytes = 0;
    uint64_t last_sequence = 0, synced_sequence = 0;
  };
  Stats stats() const;

 private:
  using SyncDone = absl::AnyInvocable<void(Status)>;

  WriteAheadLog(Env& env, std::string directory, const Options& options, RecoveredLog recovered);

  Status OpenCurrent(const std::vector<GroupId>& newer_promises);
  Status BeginSegment();  // Makes `current_` + 1 the current segment.
  Status Write(RecordType type, GroupId group, std::string_view body);
  Status WriteUnlessFailed(RecordType type, GroupId group, std::string_view body);
  const Status& Fail(const Status& status);  // Remembers the first error and returns it.

  void StartSync();
  void SyncSegment(SyncDone finish);
  void FinishSync(const Status& status, const HighWater& end);

  void NoteHighWaterSoon();
  void NoteHighWater();

  Status ProposeTrim();
  void RemoveTrimmed();

  std::string Path(uint64_t number) const { return StrCat(directory_, "/", SegmentName(number)); }

  Env& env_;
  const std::string directory_;
  const Options options_;
  std::map<GroupId, replica::RecoveredGroup> recovered_;
  GroupTable table_;

  std::unique_ptr<File> file_;
  uint64_t current_ = 0;  // Segment number.
  uint64_t current_bytes_ = 0;
  uint64_t last_sequence_ = 0;
  uint64_t synced_ = 0;  // Records up to this sequence are durable.
  HighWater durable_;    // The same, with the place where it ends.
  HighWaterFile high_water_;
  PromisesFile promises_;
  uint64_t noted_ = 0;  // As the high-water file says.
  bool note_under_way_ = false;
  uint32_t last_crc_ = 0;
  RecordType last_type_ = RecordType::kSyncMark;
  Status failed_;

  bool sync_running_ = false;
  std::vector<SyncDone> running_;
  std::vector<SyncDone> waiting_;

  uint64_t oldest_needed_ = 1;  // As the last durable trim record says.
  uint64_t trim_to_ = 0;        // As an undurable one says; 0: none.
  uint64_t trim_sequence_ = 0;

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_WRITE_AHEAD_LOG_H_
