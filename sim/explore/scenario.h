// What differs between scenarios: which servers and clients there are, and what is asked of them.
// run.cc gives each the same world, faults and phases. One file pair per scenario and a row in
// scenario.cc.
#ifndef QUADRAFT_SIM_EXPLORE_SCENARIO_H_
#define QUADRAFT_SIM_EXPLORE_SCENARIO_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "sim/checkers/checker.h"
#include "sim/workloads/workload.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual std::string Describe() const = 0;  // What was drawn.
  virtual const std::vector<NodeId>& servers() const = 0;
  virtual NodeId Leader() const = 0;     // Zero: none known.
  virtual void Start() = 0;              // Servers and clients.
  virtual Status Violation() const = 0;  // So far; cheap.
  // Faults have ended and every server has been started: how far the clients are now, and whether
  // each got further since.
  virtual void MarkProgress() = 0;
  virtual bool Progressed() const = 0;
  virtual void StopIssuing() = 0;
  virtual bool Idle() const = 0;  // No operation is under way.
  // All servers run and hold the same, but for the broken ones (Process::broken).
  virtual bool Settled() const = 0;
  virtual void BeginFinalReads() = 0;
  virtual bool FinalReadsDone() const = 0;
  virtual Status CheckHistory() const = 0;     // Once, at the very end.
  virtual std::string Operations() const = 0;  // "ok 812, fail 33, unknown 9"
  // Those whose histories can be written down; owned by the scenario.
  virtual std::vector<const Workload*> workloads() const { return {}; }
};

struct ScenarioRow {
  std::string_view name;
  std::string_view what;
  int64_t seconds_min, seconds_max;  // Of faults, drawn.
  // `nodes`: 0 means drawn. The world outlives the scenario; the scenario adds its processes and
  // checkers.
  std::unique_ptr<Scenario> (*make)(World* world, Checkers* checkers, int nodes);
};
const std::vector<ScenarioRow>& ScenarioTable();
const ScenarioRow* FindScenario(std::string_view name);

std::unique_ptr<Scenario> MakeLogScenario(World* world, Checkers* checkers, int nodes);
std::unique_ptr<Scenario> MakeRegisterScenario(World* world, Checkers* checkers, int nodes);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_SCENARIO_H_
