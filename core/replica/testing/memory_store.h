// A log and a state machine that live in memory, for tests of the replica host. What is durable
// sits in an image that outlives the process; a crash leaves the image and a part (chosen by the
// test) of what was written but not synced.
//
//   MemoryImage image;                                     // One per node, kept by the test.
//   MemoryLog log(&image, env);  MemoryStateMachine machine(&image, GroupId{1});
#ifndef QUADRAFT_CORE_REPLICA_TESTING_MEMORY_STORE_H_
#define QUADRAFT_CORE_REPLICA_TESTING_MEMORY_STORE_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/env/env.h"
#include "core/replica/log_store.h"
#include "core/replica/state_machine.h"

namespace quadraft::replica {

struct MemoryState {
  LogIndex index;
  RaftTerm term;
  raft::AppliedConfiguration configuration;
  std::vector<std::string> lines;  // The payloads, in the order of applying.
};

struct MemoryImage {
  // Not 0: a crash keeps a random prefix of the unsynced writes, and now and then the unsynced
  // state (as kill -9 would).
  uint64_t survival_seed = 0;
  std::map<GroupId, RecoveredGroup> log;
  std::map<GroupId, MemoryState> states;
};

class MemoryLog : public LogStore {
 public:
  MemoryLog(MemoryImage* image, Env& env, Duration sync_latency = milliseconds(1));
  ~MemoryLog() override;

  std::map<GroupId, RecoveredGroup> TakeRecovered() override { return image_->log; }
  Status Append(GroupId group, std::span<const raft::Entry> entries) override;
  Status SaveHardState(GroupId group, const raft::HardState& state) override;
  Status SaveSnapshotMark(GroupId group, LogIndex index, RaftTerm term) override;
  void Sync(absl::AnyInvocable<void(Status)> done) override;

  void FailFromNowOn(Status status) { failure_ = std::move(status); }
  uint64_t appends() const { return appends_; }

 private:
  using Write = std::pair<GroupId, std::function<void(RecoveredGroup&)>>;
  void MakeFirstDurable();
  Status Add(GroupId group, std::function<void(RecoveredGroup&)> write);

  MemoryImage* const image_;
  Env& env_;
  const Duration sync_latency_;
  std::deque<Write> unsynced_;
  uint64_t written_ = 0;  // Ever.
  uint64_t durable_ = 0;
  uint64_t appends_ = 0;
  Status failure_;
};

// Applies a payload by adding it to a list; its result is "<position>:<payload>". A payload "fail
// ..." is answered with an error. Snapshots are the lines, a few per chunk.
class MemoryStateMachine : public StateMachine {
 public:
  MemoryStateMachine(MemoryImage* image, GroupId group)
      : image_(image), group_(group), state_(image->states[group]) {}
  ~MemoryStateMachine() override;

  LogIndex applied_index() const override { return state_.index; }
  RaftTerm applied_term() const override { return state_.term; }
  raft::AppliedConfiguration configuration() const override { return state_.configuration; }
  StatusOr<std::vector<StatusOr<std::string>>> Apply(std::span<const raft::Entry> entries) override;
  Status MakeDurable(LogIndex index) override;
  StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot() override;
  StatusOr<std::unique_ptr<SnapshotWriter>> BeginSnapshot(
      LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) override;

  const std::vector<std::string>& lines() const { return state_.lines; }
  size_t largest_batch() const { return largest_batch_; }
  void FailFromNowOn(Status status) { failure_ = std::move(status); }
  void Replace(MemoryState state);

 private:
  MemoryImage* const image_;
  const GroupId group_;
  MemoryState state_;
  size_t largest_batch_ = 0;
  Status failure_;
};

}  // namespace quadraft::replica

#endif  // QUADRAFT_CORE_REPLICA_TESTING_MEMORY_STORE_H_
