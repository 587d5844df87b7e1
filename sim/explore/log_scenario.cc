#include <utility>

#include "sim/checkers/raft_checker.h"
#include "sim/explore/scenario.h"
#include "sim/workloads/log_workload.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kProgressItems = 5;

class LogScenario : public Scenario {
 public:
  LogScenario(World* world, Checkers* checkers, int nodes)
      : options_(LogOptions::Draw(world->random("sim/run"), nodes)), workload_(world, options_) {
    checkers->Add(std::make_unique<RaftChecker>([this](NodeId id) { return workload_.raft(id); },
                                                world, workload_.ids()));
  }
  std::string Describe() const override { return options_.Describe(); }
  const std::vector<NodeId>& servers() const override { return workload_.ids(); }
  NodeId Leader() const override { return workload_.Leader(); }
  void Start() override { workload_.Start(); }
  Status Violation() const override { return workload_.violation(); }
  void MarkProgress() override {
    acknowledged_before_ = workload_.acknowledged();
    reads_before_.clear();
    judged_ = workload_.Intact();
    for (const NodeId id : judged_) reads_before_.push_back(workload_.reads(id));
  }
  bool Progressed() const override {
    for (size_t i = 0; i < reads_before_.size(); ++i) {
      if (workload_.reads(judged_[i]) == reads_before_[i]) return false;
    }
    return workload_.acknowledged() >= acknowledged_before_ + kProgressItems;
  }
  void StopIssuing() override { workload_.StopIssuing(); }
  bool Idle() const override { return workload_.Idle(); }
  bool Settled() const override { return workload_.Settled(); }
  void BeginFinalReads() override {}
  bool FinalReadsDone() const override { return true; }
  Status CheckHistory() const override { return workload_.CheckFinalState(); }
  std::string Operations() const override { return workload_.Summary(); }

 private:
  LogOptions options_;
  LogWorkload workload_;
  uint64_t acknowledged_before_ = 0;
  std::vector<NodeId> judged_;
  std::vector<uint64_t> reads_before_;  // Of each of them.
};

}  // namespace

std::unique_ptr<Scenario> MakeLogScenario(World* world, Checkers* checkers, int nodes) {
  return std::make_unique<LogScenario>(world, checkers, nodes);
}

}  // namespace quadraft::sim
