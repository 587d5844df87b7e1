#include "sim/explore/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/mutant.h"
#include "sim/checkers/checker.h"
#include "sim/explore/scenario.h"
#include "sim/faults/nemesis.h"
#include "sim/trace/trace.h"

namespace quadraft::sim {
namespace {

constexpr int kNodesMax = 100;
constexpr Duration kWarmUp = seconds(1);       // Before the first fault.
constexpr Duration kSlice = milliseconds(20);  // How often a wait looks.
constexpr size_t kLogTailLines = 15;

WorldOptions MakeWorldOptions(const RunOptions& options) {
  WorldOptions world;
  world.print_logs = options.print_logs;
  world.print_level = options.log_level;
  world.keep_level = std::min(options.log_level, LogLevel::kInfo);
  return world;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : world_(options.seed, MakeWorldOptions(options)),
        checkers_(&world_),
        nemesis_options_(NemesisOptions::Draw(world_.random("sim/faults"))),
        scenario_(FindScenario(options.scenario)->make(&world_, &checkers_, options.nodes)) {
    const ScenarioRow& row = *FindScenario(options.scenario);
    const int64_t drawn = world_.random("sim/phases").Between(row.seconds_min, row.seconds_max);
    fault_time_ = seconds(options.seconds > 0 ? options.seconds : drawn);
    if (!options.faults.empty()) {
      nemesis_options_.kinds.clear();
      for (const std::string& name : options.faults)
        nemesis_options_.kinds.push_back(FindFault(name));
    } else if (world_.random("sim/beyond").OneIn(2)) {
      for (const FaultRow& row : FaultTable()) {
        if (row.beyond_tolerance) nemesis_options_.kinds.push_back(&row);
      }
    }
    context_.world = &world_;
    context_.nodes = scenario_->servers();
    context_.leader = [this] { return scenario_->Leader(); };
    context_.restart = [this](NodeId node, Duration delay) {
      world_.process(node).StartAfter(delay);
    };
    nemesis_ = std::make_unique<Nemesis>(
        &context_,
        DrawFaults(nemesis_options_, world_.random("sim/nemesis"), kWarmUp, kWarmUp + fault_time_));
    if (options.trace != nullptr) TraceTo(options.trace, &world_);
  }

  RunReport Report() {
    RunReport report;
    report.description = StrCat(scenario_->Describe(), "; faults for ", fault_time_ / seconds(1),
                                " s: ", nemesis_options_.Describe());
    const Status status = Phases();
    report.events = world_.events();
    report.sim_ns = world_.now_ns();
    report.hash = world_.hash();
    report.operations = scenario_->Operations();
    report.faults = nemesis_->fired();
    if (!status.ok()) {
      report.violation = Message(status);
      report.log_tail = LogTail();
    }
    return report;
  }

 private:
  Status Violation() const {
    QR_RETURN_IF_ERROR(checkers_.violation());
    return scenario_->Violation();
  }

  Status RunFor(Duration duration) {
    const Duration end = world_.now() + duration;
    while (world_.now() < end) {
      world_.RunFor(std::min(kSlice, end - world_.now()));
      QR_RETURN_IF_ERROR(Violation());
    }
    return OkStatus();
  }

  // Internal with `what` when `condition` does not come to hold within `bound`.
  Status Await(Duration bound, std::string_view what, absl::AnyInvocable<bool()> condition) {
    const Duration end = world_.now() + bound;
    while (!condition()) {
      if (world_.now() >= end) return Internal("progress: ", what);
      QR_RETURN_IF_ERROR(RunFor(kSlice));
    }
    return OkStatus();
  }

  Status Phases() {
    scenario_->Start();
    nemesis_->Start();
    QR_RETURN_IF_ERROR(RunFor(kWarmUp + fault_time_));
    Repair();
    QR_RETURN_IF_ERROR(
        Await(kProgressBound,
              StrCat("faults ended ", kProgressBound / seconds(1),
                     " s ago, and not every client has had a write acknowledged since"),
              [&] { return scenario_->Progressed(); }));
    scenario_->StopIssuing();
    QR_RETURN_IF_ERROR(
        Await(kRestBound, "an operation never ended", [&] { return scenario_->Idle(); }));
    QR_RETURN_IF_ERROR(Await(kRestBound, "the servers do not come to hold the same",
                             [&] { return scenario_->Settled(); }));
    scenario_->BeginFinalReads();
    QR_RETURN_IF_ERROR(Await(kRestBound, "the final reads do not end",
                             [&] { return scenario_->FinalReadsDone(); }));
    QR_RETURN_IF_ERROR(checkers_.AtEnd());
    return scenario_->CheckHistory();
  }

  void Repair() {
    nemesis_->StopAll();
    for (const NodeId id : scenario_->servers()) {
      Process& process = world_.process(id);
      if (process.broken()) {  // Its disk was harmed: taken out of service for good.
        process.Retire();
        process.Crash(CrashKind::kKill);
        continue;
      }
      process.Resume();
      process.Start();
    }
    scenario_->MarkProgress();
  }

  std::string LogTail() {
    std::string out;
    for (const NodeId id : scenario_->servers()) {
      const auto& lines = world_.process(id).log();
      const size_t skip = lines.size() > kLogTailLines ? lines.size() - kLogTailLines : 0;
      for (size_t i = skip; i < lines.size(); ++i) StrAppend(&out, lines[i], "\n");
    }
    return out;
  }

  World world_;
  Checkers checkers_;
  NemesisOptions nemesis_options_;
  FaultContext context_;
  std::unique_ptr<Nemesis> nemesis_;
  std::unique_ptr<Scenario> scenario_;  // After what it uses; before nothing.
  Duration fault_time_{0};
};

}  // namespace

RunOptions ForSeed(RunOptions options, uint64_t seed) {
  options.seed = seed;
  if (options.scenario == kAnyScenario) options.scenario = seed % 2 == 0 ? "log" : "register";
  return options;
}

Status CheckOptions(const RunOptions& options) {
  if (options.scenario != kAnyScenario && FindScenario(options.scenario) == nullptr) {
    return InvalidArgument("no scenario '", options.scenario, "'; `quadraft-sim list` names them");
  }
  if (options.nodes < 0 || options.nodes > kNodesMax) {
    return InvalidArgument("--nodes is 1 to ", kNodesMax, ", not ", options.nodes);
  }
  for (const std::string& name : options.faults) {
    if (FindFault(name) == nullptr) return InvalidArgument("no fault '", name, "'");
  }
  for (const std::string& name : options.mutants) {
    const auto& table = MutantTable();
    if (std::none_of(table.begin(), table.end(),
                     [&](const MutantRow& row) { return row.name == name; })) {
      return InvalidArgument("no mutant '", name, "'; `quadraft-sim list` names them");
    }
  }
  return OkStatus();
}

RunReport RunScenario(const RunOptions& options) {
  SetActiveMutants(options.mutants);
  return Run(options).Report();
}

std::string ReplayCommand(const RunOptions& options) {
  std::string command =
      StrCat("quadraft-sim run --scenario ", options.scenario, " --seed ", options.seed);
  if (options.nodes > 0) StrAppend(&command, " --nodes ", options.nodes);
  if (options.seconds > 0) StrAppend(&command, " --seconds ", options.seconds);
  for (const std::string& name : options.mutants) StrAppend(&command, " --mutant ", name);
  for (const std::string& name : options.faults) StrAppend(&command, " --fault ", name);
  return command;
}

}  // namespace quadraft::sim
