// Many runs, each in a child process of its own: a crash or a hang of one seed is that seed's
// verdict, and nothing leaks from one run into the next.
//
//   SwarmResult result = RunSwarm({.first = 1, .seeds = 200, .jobs = 2}, [](const SeedResult& r) {
//   ... });
#ifndef QUADRAFT_TOOLS_SIM_SWARM_H_
#define QUADRAFT_TOOLS_SIM_SWARM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "sim/explore/run.h"

namespace quadraft::sim {

inline constexpr int kJobsMax = 256;
inline constexpr int kSeedSecondsMax =
    600;  // Of real time; then the seed counts as hung. A slow one takes 25 s of CPU under ASan.

struct SeedResult {
  uint64_t seed = 0;
  RunReport report;    // A crash or hang is a violation whose text says so.
  int64_t cpu_us = 0;  // Of the child.
};

struct SwarmOptions {
  RunOptions run;  // `seed` is overwritten.
  uint64_t first = 1;
  uint64_t seeds = 100;
  int jobs = 1;
  int violations_max = 0;  // Stop after that many; 0: never.
  // What a child does with its seed; null: RunScenario.
  std::function<RunReport(const RunOptions&)> judge;
};

struct SwarmResult {
  uint64_t seeds = 0;  // Judged.
  uint64_t violations = 0;
  uint64_t events = 0;
  int64_t sim_ns = 0;
  int64_t wall_ns = 0;
  int64_t cpu_us = 0;
  std::map<std::string, uint64_t> faults, points, marks;  // As of RunReport.
};

// `each` is called here, in the order in which the seeds end.
SwarmResult RunSwarm(const SwarmOptions& options, absl::AnyInvocable<void(const SeedResult&)> each);

// One run in a child process.
SeedResult RunSeedApart(const RunOptions& options);
// The same of a tape; the report has it again, each operation listed.
RunReport RunTapeApart(const Tape& tape);

// A report on its way between processes; histories stay behind.
std::string EncodeReport(const RunReport& report);
bool DecodeReport(std::string_view in, RunReport* report);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_SWARM_H_
