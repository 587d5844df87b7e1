// One simulated run, a function of its tape; a tape is a function of a seed and these options, or
// is read from a file (tape.h). The three phases are in phases.h.
//
//   RunReport report = RunScenario({.seed = 42});
//   if (!report.violation.empty()) ...
#ifndef QUADRAFT_SIM_EXPLORE_RUN_H_
#define QUADRAFT_SIM_EXPLORE_RUN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "sim/explore/tape.h"

namespace quadraft::sim {

class RunObserver;

// Where a run stops before its end. Zero, empty: nowhere.
struct StopAt {
  uint64_t event = 0;     // After that many events.
  Duration time{0};       // When virtual time reaches it.
  std::string invariant;  // After the event that breaks it: a part of its name, or "any".
  bool any() const { return event > 0 || time > Duration(0) || !invariant.empty(); }
};

struct RunOptions {
  std::string scenario = "register";  // Or kAnyScenario, for many seeds: ForSeed then chooses.
  uint64_t seed = 1;
  int nodes = 0;                     // 0: drawn.
  int64_t seconds = 0;               // Of the first phase; 0: drawn.
  std::vector<std::string> mutants;  // Planted bugs to switch on.
  std::vector<std::string> faults;   // The kinds to use; empty: drawn.
  std::shared_ptr<const Tape> tape;  // Not null: all of the above is there instead.
  StopAt stop;
  bool record = false;  // RunReport::tape.
  bool keep_histories = false;
  bool print_logs = false;
  LogLevel log_level = LogLevel::kInfo;
  std::ostream* trace = nullptr;    // One line per event. Not owned.
  RunObserver* observer = nullptr;  // sim/trace/run_observer.h. Not owned.
};

// What the clients of one workload saw, in the format of jepsen/history/own_format.h.
struct RunHistory {
  std::string workload;
  std::string model;  // For `quadraft check`; empty: it has none for it.
  std::string text;
};

struct RunReport {
  uint64_t events = 0;
  int64_t sim_ns = 0;
  Hash128 hash;
  std::string description;                 // What was drawn.
  std::string operations;                  // "ok 812, fail 33, unknown 9"
  std::map<std::string, uint64_t> faults;  // By kind, how often it fired.
  std::map<std::string, uint64_t> points;  // The same of SIM_MAYBE (core/base/sim_points.h).
  std::map<std::string, uint64_t> marks;   // How often each SIM_SOMETIMES held.
  std::string violation;                   // Empty: none. Which invariant, and how.
  std::string log_tail;                    // Of a violation: the last lines of each node.
  std::string state;                       // Of a violation or a stop: each node, one a line.
  std::string stopped;                     // Why the run stopped before its end; empty: it did not.
  std::vector<RunHistory> histories;       // With keep_histories.
  std::string tape;                        // When asked for: the tape with every operation listed.
};

// Every second seed runs the quick scenario "log", the others whole nodes.
inline constexpr std::string_view kAnyScenario = "any";
RunOptions ForSeed(RunOptions options, uint64_t seed);

// InvalidArgument: no such scenario, fault or mutant, or a size out of bounds.
Status CheckOptions(const RunOptions& options);
// What the seed and the other options say. They must be valid, the scenario one of the table.
Tape DrawTape(const RunOptions& options);
// The options' tape, or the drawn one.
RunReport RunScenario(const RunOptions& options);
// "quadraft-sim run --scenario register --seed 42 ..."
std::string ReplayCommand(const RunOptions& options);

// What two violations have in common when they are the same failure: checker and invariant, without
// nodes, indexes and values. "raft: leader completeness"
std::string FailureKey(std::string_view violation);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_RUN_H_
