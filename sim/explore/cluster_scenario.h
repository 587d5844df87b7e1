// Scenarios of whole nodes: a cluster, its checkers, and one or several workloads on it at once.
#ifndef QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_
#define QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_

#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/explore/scenario.h"
#include "sim/workloads/workload.h"

namespace quadraft::sim {

class ClusterScenario : public Scenario {
 public:
  ClusterScenario(World* world, Checkers* checkers, int nodes);

  std::string Describe() const override;
  const std::vector<NodeId>& servers() const override { return cluster_.ids(); }
  NodeId Leader() const override { return cluster_.Leader(); }
  void Start() override;
  Status Violation() const override;
  void MarkProgress() override;
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
  // What a workload is made of; the scenario draws its options from random().
  World* world() const { return world_; }
  Random& random() { return random_; }
  std::vector<std::string> Addresses() const;
  uint64_t next_client_id() const { return next_client_id_; }
  void Add(std::unique_ptr<Workload> workload, int clients);

 private:
  World* const world_;
  Random& random_;
  const ClusterOptions cluster_options_;
  Cluster cluster_;
  uint64_t next_client_id_;
  std::vector<std::unique_ptr<Workload>> workloads_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_CLUSTER_SCENARIO_H_
