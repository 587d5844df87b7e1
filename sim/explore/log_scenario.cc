#include <utility>

#include "sim/checkers/raft_checker.h"
#include "sim/explore/scenario.h"
#include "sim/explore/server_command.h"
#include "sim/workloads/log_workload.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kProgressItems = 5;

LogOptions MakeOptions(const Settings& settings) {
  LogOptions options;
  options.nodes = static_cast<int>(settings["nodes"]);
  options.segment_bytes = static_cast<uint64_t>(settings["log.segment-bytes"]);
  options.replica = settings.ReplicaOptions();
  options.gap_max = milliseconds(settings["workload.gap-ms"]);
  options.stale_reads = settings["raft.lease-reads"] != 0;
  options.payload_bytes_max = static_cast<size_t>(settings["workload.payload-bytes"]);
  return options;
}

class LogScenario : public Scenario {
 public:
  explicit LogScenario(const ScenarioContext& context)
      : settings_(*context.settings),
        workload_(context.world, context.operations, MakeOptions(*context.settings)),
        core_(workload_.ids()) {
    context.checkers->Add(std::make_unique<RaftChecker>(
        [this](NodeId id) { return workload_.raft(id); }, context.world, workload_.servers().all()));
  }
  const std::vector<NodeId>& servers() const override { return workload_.ids(); }
  NodeId Leader() const override { return workload_.Leader(); }
  void Start() override { workload_.Start(); }
  bool Command(NodeId node, ServerCommand command) override {
    replica::ReplicaHost* const host = workload_.host(node);
    return host != nullptr && RunCommand(*host, LogWorkload::kGroup, command);
  }
  bool ChangeMembers(NodeId node, Random& random, MemberStep step) override {
    replica::ReplicaHost* const host = workload_.host(node);
    return host != nullptr &&
           sim::ChangeMembers(*host, LogWorkload::kGroup, workload_.ids(), random, step);
  }
  NodeId TakeSpare() override { return workload_.servers().TakeSpare(); }
  bool Replace(NodeId leader, NodeId lost, NodeId spare) override {
    replica::ReplicaHost* const host = workload_.host(leader);
    return host != nullptr && ReplaceMember(*host, LogWorkload::kGroup, lost, spare);
  }
  void Replaced(NodeId lost, NodeId spare) override { workload_.servers().Replace(lost, spare); }
  void Configure(NodeId node, const ServerConfig& server) override {
    LogOptions options = MakeOptions(SettingsOf(settings_, server));
    Limit(server, &options.replica);
    workload_.Configure(node, std::move(options.replica), options.segment_bytes);
  }
  Status Violation() const override { return workload_.violation(); }
  const raft::Raft* RaftOf(NodeId node) const override { return workload_.raft(node); }
  LogIndex AppliedBy(NodeId node) const override {
    const ListMachine* const machine = workload_.machine(node);
    return machine == nullptr ? LogIndex{} : machine->applied_index();
  }
  void BeginRepair(const std::vector<NodeId>& core) override {
    core_ = core;
    acknowledged_before_ = workload_.acknowledged();
    for (const NodeId id : core_) reads_before_.push_back(workload_.reads(id));
  }
  bool Progressed() const override {
    for (size_t i = 0; i < core_.size(); ++i) {
      if (workload_.reads(core_[i]) == reads_before_[i]) return false;
    }
    return workload_.acknowledged() >= acknowledged_before_ + kProgressItems;
  }
  void StopIssuing() override { workload_.StopIssuing(); }
  bool Idle() const override { return workload_.Idle(core_); }
  bool Settled() const override { return workload_.Settled(core_); }
  void BeginFinalReads() override {}
  bool FinalReadsDone() const override { return true; }
  Status CheckHistory() const override { return workload_.CheckFinalState(core_); }
  std::string Operations() const override { return workload_.Summary(); }

 private:
  const Settings& settings_;
  LogWorkload workload_;
  std::vector<NodeId> core_;
  uint64_t acknowledged_before_ = 0;
  std::vector<uint64_t> reads_before_;  // Of core_.
};

}  // namespace

const SettingTable& LogSettings() {
  static const auto& table = *new SettingTable(WithServerSettings({
      {"workload.gap-ms", "between two operations of a server, at most", 1, 10'000, 20,
       [](Random& random) { return random.Between(2, 100); }},
      {"workload.payload-bytes", "of an item, at most", 1, 1 << 20, 200,
       [](Random& random) { return int64_t{1} << random.Below(12); }},
  }));
  return table;
}

std::unique_ptr<Scenario> MakeLogScenario(const ScenarioContext& context) {
  return std::make_unique<LogScenario>(context);
}

}  // namespace quadraft::sim
