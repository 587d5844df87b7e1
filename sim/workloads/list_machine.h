// A replicated list in memory with a snapshot file: the smallest real state machine, for the "log"
// scenario. What was applied since the last MakeDurable comes back from the log after a crash.
#ifndef QUADRAFT_SIM_WORKLOADS_LIST_MACHINE_H_
#define QUADRAFT_SIM_WORKLOADS_LIST_MACHINE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/env/disk.h"
#include "core/replica/state_machine.h"

namespace quadraft::sim {

class ListMachine : public replica::StateMachine {
 public:
  struct State {
    LogIndex index;
    RaftTerm term;
    raft::AppliedConfiguration configuration;
    std::vector<std::pair<LogIndex, std::string>> items;
    std::string encoded;  // The items, as Encode has them.
    RunHash digest;       // Of the items, in order.

    std::string Encode() const;
    static StatusOr<State> Decode(std::string_view bytes);  // DataLoss.
    void Append(LogIndex at, std::string_view payload);
  };

  // Reads the file that the last MakeDurable left, if any.
  static StatusOr<std::unique_ptr<ListMachine>> Open(Disk& disk);

  LogIndex applied_index() const override { return state_.index; }
  RaftTerm applied_term() const override { return state_.term; }
  raft::AppliedConfiguration configuration() const override { return state_.configuration; }
  StatusOr<std::vector<StatusOr<std::string>>> Apply(std::span<const raft::Entry> entries) override;
  Status MakeDurable(LogIndex) override { return Save(state_); }
  StatusOr<std::unique_ptr<replica::SnapshotReader>> OpenSnapshot() override;
  StatusOr<std::unique_ptr<replica::SnapshotWriter>> BeginSnapshot(
      LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) override;

  const State& state() const { return state_; }

 private:
  class Writer;
  explicit ListMachine(Disk& disk) : disk_(disk) {}
  Status Save(const State& state);

  Disk& disk_;
  State state_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_LIST_MACHINE_H_
