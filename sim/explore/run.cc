#include "sim/explore/run.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "sim/explore/phases.h"

namespace quadraft::sim {
namespace {

constexpr int kNodesMax = 100;

// The kinds of the first phase, or of the second one.
NemesisOptions DrawMix(const RunOptions& options, bool beyond) {
  Random random(options.seed, beyond ? "sim/beyond" : "sim/faults");
  NemesisOptions mix = NemesisOptions::Draw(random);
  if (beyond) {
    mix.gap_min = milliseconds(100);
    mix.gap_max = milliseconds(1500);
    mix.length_max = milliseconds(random.Between(200, 3000));
  }
  if (!beyond && options.faults.empty()) return mix;
  mix.kinds.clear();
  for (const FaultRow& row : FaultTable()) {
    const bool wanted =
        options.faults.empty() ||
        std::find(options.faults.begin(), options.faults.end(), row.name) != options.faults.end();
    if (wanted && (!beyond || row.beyond_tolerance)) mix.kinds.push_back(&row);
  }
  return mix;
}

std::vector<Outsider> DrawOutsiders(uint64_t seed, int64_t nodes) {
  Random random(seed, "sim/outsiders");
  std::vector<Outsider> outsiders;
  for (int64_t wanted = random.Between(0, (nodes - 1) / 2); wanted > 0;) {
    const NodeId node{1 + random.Below(static_cast<uint64_t>(nodes))};
    if (std::any_of(outsiders.begin(), outsiders.end(),
                    [&](const Outsider& other) { return other.node == node; }))
      continue;
    outsiders.push_back({node, static_cast<Fate>(random.Below(3))});
    --wanted;
  }
  return outsiders;
}

std::string Describe(const Tape& tape) {
  std::string out = StrCat(tape.settings.Describe(), "\nphases: safety until ",
                           FormatDuration(tape.safety_end), ", beyond tolerance until ",
                           FormatDuration(tape.beyond_end), ", then repair; outsiders:");
  static constexpr std::string_view kFates[] = {"down", "partitioned", "paused"};
  for (const Outsider& outsider : tape.outsiders)
    StrAppend(&out, " ", outsider.node, " ", kFates[static_cast<int>(outsider.fate)]);
  if (tape.outsiders.empty()) out.append(" none");
  std::map<std::string, int> kinds;
  for (const FaultEntry& entry : tape.faults) ++kinds[entry.kind];
  StrAppend(&out, "\n", tape.faults.size(), " faults planned:");
  for (const auto& [kind, count] : kinds) StrAppend(&out, " ", kind, " ", count);
  return out;
}

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

Tape DrawTape(const RunOptions& options) {
  const ScenarioRow* const row = FindScenario(options.scenario);
  Tape tape(row);
  tape.seed = options.seed;
  tape.mutants = options.mutants;
  tape.settings = Settings::Draw(options.seed, &row->settings());
  if (options.nodes > 0) (void)tape.settings.Set("nodes", options.nodes);
  Random random(options.seed, "sim/phases");
  const int64_t drawn = random.Between(row->seconds_min, row->seconds_max);
  tape.safety_end = kWarmUp + seconds(options.seconds > 0 ? options.seconds : drawn);
  Random faults(options.seed, "sim/nemesis");
  tape.faults = DrawFaults(DrawMix(options, false), faults, kWarmUp, tape.safety_end);
  const NemesisOptions beyond = DrawMix(options, true);
  tape.beyond_end = tape.safety_end;
  if (!beyond.kinds.empty()) {
    tape.beyond_end += milliseconds(random.Between(500, 4000));
    for (FaultEntry& entry : DrawFaults(beyond, faults, tape.safety_end, tape.beyond_end))
      tape.faults.push_back(std::move(entry));
  }
  tape.outsiders = DrawOutsiders(options.seed, tape.settings["nodes"]);
  return tape;
}

RunReport RunScenario(const RunOptions& options) {
  const Tape tape = options.tape != nullptr ? *options.tape : DrawTape(options);
  SetActiveMutants(tape.mutants);
  PhasedRun run(tape, options);
  RunReport report = run.Report(run.ToEnd());
  report.description = Describe(tape);
  if (options.record) report.tape = FormatTape(run.Recorded());
  return report;
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

std::string FailureKey(std::string_view violation) {
  size_t end = violation.find_first_of("0123456789.\n");
  if (end == std::string_view::npos) end = violation.size();
  std::string_view key = violation.substr(0, end);
  const size_t colon = key.rfind(':');
  if (colon != std::string_view::npos && colon > 0) key = key.substr(0, colon);
  while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
  return std::string(key);
}

}  // namespace quadraft::sim
