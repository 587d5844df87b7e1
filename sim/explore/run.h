// One simulated run of a scenario, a function of its options alone: draws topology, sizes, workload
// and fault mix from the seed, lets faults come and go, ends them, demands progress, and judges.
//
//   RunReport report = RunScenario({.seed = 42});
//   if (!report.violation.empty()) ...
//
// Phases: (1) faults for a drawn time; (2) repair: faults end, dead nodes come back, and within
// kProgressBound of virtual time every client must have a write acknowledged; (3) rest: no new
// operations, all nodes reach one applied index, the final reads and the checkers' last look.
#ifndef QUADRAFT_SIM_EXPLORE_RUN_H_
#define QUADRAFT_SIM_EXPLORE_RUN_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/env/env.h"

namespace quadraft::sim {

inline constexpr Duration kProgressBound = seconds(30);
inline constexpr Duration kRestBound = seconds(30);

struct RunOptions {
  std::string scenario = "register";  // Or kAnyScenario, for many seeds: ForSeed then chooses.
  uint64_t seed = 1;
  int nodes = 0;                     // 0: drawn.
  int64_t seconds = 0;               // Of the first phase; 0: drawn.
  std::vector<std::string> mutants;  // Planted bugs to switch on.
  std::vector<std::string> faults;   // The kinds to use; empty: drawn.
  bool print_logs = false;
  LogLevel log_level = LogLevel::kInfo;
  std::ostream* trace = nullptr;  // One line per event. Not owned.
};

struct RunReport {
  uint64_t events = 0;
  int64_t sim_ns = 0;
  Hash128 hash;
  std::string description;                 // What was drawn.
  std::string operations;                  // "ok 812, fail 33, unknown 9"
  std::map<std::string, uint64_t> faults;  // By kind, how often it fired.
  std::string violation;                   // Empty: none. Which invariant, and how.
  std::string log_tail;                    // Of a violation: the last lines of each node.
};

// Every second seed runs the quick scenario "log", the others whole nodes.
inline constexpr std::string_view kAnyScenario = "any";
RunOptions ForSeed(RunOptions options, uint64_t seed);

// InvalidArgument: no such scenario, fault or mutant, or a size out of bounds.
Status CheckOptions(const RunOptions& options);
// The options must be valid, and the scenario one of the table.
RunReport RunScenario(const RunOptions& options);
// "quadraft-sim run --scenario register --seed 42 ..."
std::string ReplayCommand(const RunOptions& options);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_RUN_H_
