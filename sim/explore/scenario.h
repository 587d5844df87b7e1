// What differs between scenarios: which servers and clients there are, and what is asked of them.
// phases.cc gives each the same world, faults and phases. One file pair per scenario and a row in
// scenario.cc.
#ifndef QUADRAFT_SIM_EXPLORE_SCENARIO_H_
#define QUADRAFT_SIM_EXPLORE_SCENARIO_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/raft/raft.h"
#include "sim/checkers/checker.h"
#include "sim/explore/settings.h"
#include "sim/faults/fault.h"
#include "sim/workloads/operation.h"
#include "sim/workloads/workload.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual const std::vector<NodeId>& servers() const = 0;  // Those that should be members now.
  virtual std::vector<NodeId> clients() const { return {}; }  // Processes apart from the servers.
  virtual NodeId Leader() const = 0;                          // Zero: none known.
  virtual void Start() = 0;                                   // Servers and clients.
  // As FaultContext's.
  virtual bool Command(NodeId node, ServerCommand command) = 0;
  // FaultContext::change_members.
  virtual bool ChangeMembers(NodeId node, Random& random, MemberStep step) = 0;
  // A server that waits to take another's place; zero: none is left.
  virtual NodeId TakeSpare() { return NodeId{}; }
  // A step towards that, asked of `leader`. True: it is done, the group says so.
  virtual bool Replace(NodeId leader, NodeId lost, NodeId spare) { return false; }
  virtual void Replaced(NodeId lost, NodeId spare) {}  // servers() has the one instead of the other.
  virtual void Configure(NodeId node, const ServerConfig& server) = 0;
  virtual Status Violation() const = 0;  // So far; cheap.
  // Null while the node is down.
  virtual const raft::Raft* RaftOf(NodeId node) const = 0;
  virtual LogIndex AppliedBy(NodeId node) const = 0;  // Zero while it is down.

  // The repair. Faults have ended and every node of `core` has been started; the other servers stay
  // broken: from here on clients ask the core alone. How far everything is now, and whether each
  // client and each node of the core got further since.
  virtual void BeginRepair(const std::vector<NodeId>& core) = 0;
  virtual bool Progressed() const = 0;
  virtual void StopIssuing() = 0;
  virtual bool Idle() const = 0;     // No operation is under way.
  virtual bool Settled() const = 0;  // All of the core runs and holds the same.
  virtual void BeginFinalReads() = 0;
  virtual bool FinalReadsDone() const = 0;
  virtual Status CheckHistory() const = 0;     // Once, at the very end.
  virtual std::string Operations() const = 0;  // "ok 812, fail 33, unknown 9"
  // Those whose histories can be written down; owned by the scenario.
  virtual std::vector<const Workload*> workloads() const { return {}; }
};

// All of it outlives the scenario, which adds its processes and checkers.
struct ScenarioContext {
  World* world = nullptr;
  Checkers* checkers = nullptr;
  const Settings* settings = nullptr;
  OperationTape* operations = nullptr;
};

struct ScenarioRow {
  std::string_view name;
  std::string_view what;
  int64_t seconds_min, seconds_max;  // Of the first phase, drawn.
  const SettingTable& (*settings)();
  std::unique_ptr<Scenario> (*make)(const ScenarioContext& context);
};
const std::vector<ScenarioRow>& ScenarioTable();
const ScenarioRow* FindScenario(std::string_view name);

const SettingTable& LogSettings();
std::unique_ptr<Scenario> MakeLogScenario(const ScenarioContext& context);
// client_scenarios.cc
const SettingTable& RegisterSettings();
std::unique_ptr<Scenario> MakeRegisterScenario(const ScenarioContext& context);
const SettingTable& SparqlSettings();
std::unique_ptr<Scenario> MakeSparqlScenario(const ScenarioContext& context);
const SettingTable& BankSettings();
std::unique_ptr<Scenario> MakeBankScenario(const ScenarioContext& context);
const SettingTable& SetSettings();
std::unique_ptr<Scenario> MakeSetScenario(const ScenarioContext& context);
const SettingTable& GraphsSettings();
const SettingTable& AppendSettings();
std::unique_ptr<Scenario> MakeGraphsScenario(const ScenarioContext& context);
std::unique_ptr<Scenario> MakeAppendScenario(const ScenarioContext& context);
const SettingTable& MixedSettings();
std::unique_ptr<Scenario> MakeMixedScenario(const ScenarioContext& context);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_SCENARIO_H_
