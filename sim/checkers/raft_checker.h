// Raft's promises (core/raft/invariants.h), looked at after each event of a server: election
// safety, leader append-only, log matching, leader completeness, state machine safety.
#ifndef QUADRAFT_SIM_CHECKERS_RAFT_CHECKER_H_
#define QUADRAFT_SIM_CHECKERS_RAFT_CHECKER_H_

#include <map>
#include <vector>

#include "core/raft/invariants.h"
#include "sim/checkers/checker.h"

namespace quadraft::sim {

class RaftChecker : public Checker {
 public:
  // Null: the node is no server, or down.
  using RaftOf = absl::AnyInvocable<const raft::Raft*(NodeId)>;
  RaftChecker(RaftOf raft_of, World* world, std::vector<NodeId> servers)
      : raft_of_(std::move(raft_of)), world_(world), servers_(std::move(servers)) {}
  std::string_view name() const override { return "raft"; }
  Status AfterEvent(const EventRecord& event) override;

 private:
  static constexpr uint64_t kForgetEvery = 20'000;  // Events; bounds the memory of long runs.
  void ForgetCompacted();
  Status CheckLeases(const raft::Raft& changed);

  RaftOf raft_of_;
  World* world_;
  std::vector<NodeId> servers_;
  raft::Invariants invariants_;
  std::map<NodeId, uint64_t> incarnations_;
  uint64_t observed_ = 0;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_RAFT_CHECKER_H_
