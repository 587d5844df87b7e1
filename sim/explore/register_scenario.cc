#include <utility>

#include "sim/checkers/raft_checker.h"
#include "sim/checkers/state_checker.h"
#include "sim/cluster/cluster.h"
#include "sim/explore/scenario.h"
#include "sim/workloads/register_workload.h"

namespace quadraft::sim {
namespace {

class RegisterScenario : public Scenario {
 public:
  RegisterScenario(World* world, Checkers* checkers, int nodes)
      : random_(world->random("sim/run")),
        cluster_options_(ClusterOptions::Draw(random_, nodes)),
        workload_options_(RegisterOptions::Draw(random_)),
        cluster_(world, cluster_options_),
        workload_(world, Addresses(), workload_options_) {
    checkers->Add(std::make_unique<RaftChecker>(
        [this](NodeId id) -> const raft::Raft* {
          node::Node* const node = cluster_.IsServer(id) ? cluster_.node(id) : nullptr;
          return node == nullptr ? nullptr : &node->replicas().raft(node::kDataGroup);
        },
        world, cluster_.ids()));
    checkers->Add(std::make_unique<StateChecker>(&cluster_));
  }

  std::string Describe() const override {
    return StrCat(cluster_options_.Describe(), "; ", workload_options_.Describe());
  }
  const std::vector<NodeId>& servers() const override { return cluster_.ids(); }
  NodeId Leader() const override { return cluster_.Leader(); }
  void Start() override {
    cluster_.StartAll();
    workload_.Start();
  }
  Status Violation() const override {
    QR_RETURN_IF_ERROR(cluster_.violation());
    return workload_.violation();
  }
  void MarkProgress() override {
    acknowledged_before_.clear();
    for (int i = 0; i < workload_.clients(); ++i)
      acknowledged_before_.push_back(workload_.acknowledged(i));
  }
  bool Progressed() const override {
    for (int i = 0; i < workload_.clients(); ++i) {
      if (workload_.acknowledged(i) == acknowledged_before_[i]) return false;
    }
    return true;
  }
  void StopIssuing() override { workload_.StopIssuing(); }
  bool Idle() const override { return workload_.idle(); }
  bool Settled() const override {
    if (!cluster_.AllRunning()) return false;
    const LogIndex first =
        cluster_.node(cluster_.ids()[0])->replicas().last_index(node::kDataGroup);
    for (const NodeId id : cluster_.ids()) {
      const auto& replicas = cluster_.node(id)->replicas();
      if (replicas.applied_index(node::kDataGroup) != first ||
          replicas.last_index(node::kDataGroup) != first) {
        return false;
      }
    }
    return true;
  }
  void BeginFinalReads() override {
    workload_.BeginFinalReads(
        cluster_.address(cluster_.ids()[random_.Below(cluster_.ids().size())]));
  }
  bool FinalReadsDone() const override { return workload_.final_reads_done(); }
  Status CheckHistory() const override { return workload_.CheckHistory(); }
  std::string Operations() const override { return workload_.Summary(); }

 private:
  std::vector<std::string> Addresses() const {
    std::vector<std::string> addresses;
    for (const NodeId id : cluster_.ids()) addresses.push_back(cluster_.address(id));
    return addresses;
  }

  Random& random_;
  ClusterOptions cluster_options_;
  RegisterOptions workload_options_;
  Cluster cluster_;
  RegisterWorkload workload_;
  std::vector<uint64_t> acknowledged_before_;
};

}  // namespace

std::unique_ptr<Scenario> MakeRegisterScenario(World* world, Checkers* checkers, int nodes) {
  return std::make_unique<RegisterScenario>(world, checkers, nodes);
}

}  // namespace quadraft::sim
