#include "sim/explore/cluster_scenario.h"

#include <utility>

#include "sim/checkers/raft_checker.h"
#include "sim/checkers/state_checker.h"
#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

ClusterScenario::ClusterScenario(World* world, Checkers* checkers, int nodes)
    : world_(world),
      random_(world->random("sim/run")),
      cluster_options_(ClusterOptions::Draw(random_, nodes)),
      cluster_(world, cluster_options_),
      next_client_id_(kFirstClientId) {
  checkers->Add(std::make_unique<RaftChecker>(
      [this](NodeId id) -> const raft::Raft* {
        node::Node* const node = cluster_.IsServer(id) ? cluster_.node(id) : nullptr;
        return node == nullptr ? nullptr : &node->replicas().raft(node::kDataGroup);
      },
      world, cluster_.ids()));
  checkers->Add(std::make_unique<StateChecker>(&cluster_));
}

std::vector<std::string> ClusterScenario::Addresses() const {
  std::vector<std::string> addresses;
  for (const NodeId id : cluster_.ids()) addresses.push_back(cluster_.address(id));
  return addresses;
}

void ClusterScenario::Add(std::unique_ptr<Workload> workload, int clients) {
  workloads_.push_back(std::move(workload));
  next_client_id_ += static_cast<uint64_t>(clients);
}

std::string ClusterScenario::Describe() const {
  std::string text = cluster_options_.Describe();
  for (const auto& workload : workloads_) StrAppend(&text, "; ", workload->Describe());
  return text;
}

void ClusterScenario::Start() {
  cluster_.StartAll();
  for (const auto& workload : workloads_) workload->Start();
}

Status ClusterScenario::Violation() const {
  QR_RETURN_IF_ERROR(cluster_.violation());
  for (const auto& workload : workloads_) QR_RETURN_IF_ERROR(workload->violation());
  return OkStatus();
}

void ClusterScenario::MarkProgress() {
  for (const auto& workload : workloads_) workload->MarkProgress();
}

bool ClusterScenario::Progressed() const {
  for (const auto& workload : workloads_) {
    if (!workload->Progressed()) return false;
  }
  return true;
}

void ClusterScenario::StopIssuing() {
  for (const auto& workload : workloads_) workload->StopIssuing();
}

bool ClusterScenario::Idle() const {
  for (const auto& workload : workloads_) {
    if (!workload->Idle()) return false;
  }
  return true;
}

bool ClusterScenario::Settled() const {
  if (!cluster_.AllRunning()) return false;
  const std::vector<NodeId> ids = cluster_.Intact();
  const LogIndex first = cluster_.node(ids[0])->replicas().last_index(node::kDataGroup);
  for (const NodeId id : ids) {
    const auto& replicas = cluster_.node(id)->replicas();
    if (replicas.applied_index(node::kDataGroup) != first ||
        replicas.last_index(node::kDataGroup) != first) {
      return false;
    }
  }
  return true;
}

void ClusterScenario::BeginFinalReads() {
  const std::vector<NodeId> ids = cluster_.Intact();
  const std::string address = cluster_.address(ids[random_.Below(ids.size())]);
  for (const auto& workload : workloads_) workload->BeginFinalReads(address);
}

bool ClusterScenario::FinalReadsDone() const {
  for (const auto& workload : workloads_) {
    if (!workload->FinalReadsDone()) return false;
  }
  return true;
}

Status ClusterScenario::CheckHistory() const {
  for (const auto& workload : workloads_) {
    QR_RETURN_IF_ERROR(Annotate(workload->CheckHistory(), workload->name()));
  }
  return OkStatus();
}

std::string ClusterScenario::Operations() const {
  if (workloads_.size() == 1) return workloads_[0]->Summary();
  std::string text;
  for (const auto& workload : workloads_) {
    StrAppend(&text, text.empty() ? "" : "; ", workload->name(), ": ", workload->Summary());
  }
  return text;
}

std::vector<const Workload*> ClusterScenario::workloads() const {
  std::vector<const Workload*> all;
  for (const auto& workload : workloads_) all.push_back(workload.get());
  return all;
}

}  // namespace quadraft::sim
