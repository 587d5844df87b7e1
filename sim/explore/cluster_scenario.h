// Scenarios of whole nodes: a cluster, its checkers, and one or several workloads on it at once.
#ifndef QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_
#define QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_

#include <memory>
#include <string>
#include <vector>

#include "sim/checkers/committed_log.h"
#include "sim/cluster/cluster.h"
#include "sim/explore/scenario.h"
#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

// "nodes" and all other options of servers with LevelDB, and of `more`.
SettingTable WithClusterSettings(SettingTable more);

class ClusterScenario : public Scenario {
 public:
  explicit ClusterScenario(const ScenarioContext& context);

  const std::vector<NodeId>& servers() const override { return cluster_.ids(); }
  std::vector<NodeId> clients() const override;
  NodeId Leader() const override { return cluster_.Leader(); }
  void Start() override;
  bool Command(NodeId node, ServerCommand command) override;
  bool ChangeMembers(NodeId node, Random& random, MemberStep step) override;
  NodeId TakeSpare() override { return cluster_.servers().TakeSpare(); }
  bool Replace(NodeId leader, NodeId lost, NodeId spare) override;
  void Replaced(NodeId lost, NodeId spare) override;
  void Configure(NodeId node, const ServerConfig& server) override;
  Status Violation() const override;
  const raft::Raft* RaftOf(NodeId node) const override;
  LogIndex AppliedBy(NodeId node) const override;
  void BeginRepair(const std::vector<NodeId>& core) override;
  bool Progressed() const override;
  void StopIssuing() override;
  bool Idle() const override;
  bool Settled() const override;
  void BeginFinalReads() override;
  bool FinalReadsDone() const override;
  Status CheckHistory() const override;
  std::string Operations() const override;
  std::vector<const Workload*> workloads() const override;

 protected:
  const Settings& settings() const { return settings_; }
  // A workload of type T, whose clients come after those before them.
  template <typename T, typename Options>
  void Add(Options options) {
    options.clients.operations = operations_;
    SetSessions(&options.clients);
    workloads_.push_back(std::make_unique<T>(NextContext(options.clients.clients), options));
  }

 private:
  void SetSessions(ClientOptions* options) const;
  WorkloadContext NextContext(int clients);
  void AskCurrent();

  World* const world_;
  Random& random_;
  const Settings& settings_;
  OperationTape* const operations_;
  Cluster cluster_;
  std::vector<NodeId> core_;
  std::vector<LogIndex> applied_before_;  // Of core_.
  CommittedLog* committed_;               // The checkers'.
  uint64_t next_client_id_;
  std::vector<std::unique_ptr<Workload>> workloads_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_
