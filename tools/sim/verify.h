// Determinism under test: one seed, in two programs started apart, must give one hash. When it does
// not, the first event that differs is found and shown: the hashes at checkpoints say in which few
// thousand events it is, two more runs trace those events alone, the first that differs is named.
//
//   VerifyResult result = VerifySeed({.program = "/proc/self/exe", .run = {.seed = 7}});
//   if (!result.same) std::cout << result.text;
#ifndef QUADRAFT_TOOLS_SIM_VERIFY_H_
#define QUADRAFT_TOOLS_SIM_VERIFY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/explore/run.h"
#include "tools/sim/probe.h"

namespace quadraft::sim {

struct VerifyOptions {
  std::string program = "/proc/self/exe";  // A quadraft-sim.
  RunOptions run;
  uint64_t checkpoint_every = 1024;
  std::string plant;  // As for ParsePlant; empty: none.
};

struct VerifyResult {
  bool same = false;
  uint64_t first_event = 0;    // That differs; zero: none was found.
  uint64_t events_traced = 0;  // In each of the two runs of the last pair.
  int pairs = 0;               // Of runs, the first one included.
  double seconds = 0;          // For the bisecting, after the first pair.
  std::string text;            // For people.
};

VerifyResult VerifySeed(const VerifyOptions& options);

// Many seeds, `jobs` programs at a time; `each` in the order of the seeds.
void VerifySeeds(const VerifyOptions& options, uint64_t first, uint64_t seeds, int jobs,
                 const std::function<void(uint64_t seed, const VerifyResult&)>& each);

// ---- The parts, for tests.

// The first and last event between which the first difference lies, by the checkpoints; nullopt
// when the reports are equal.
std::optional<std::pair<uint64_t, uint64_t>> DifferingEvents(const ProbeReport& a,
                                                             const ProbeReport& b, uint64_t every);
// The position in both windows of the first event that differs in anything that was seen of it.
std::optional<size_t> FirstDifference(const std::vector<ProbedEvent>& a,
                                      const std::vector<ProbedEvent>& b);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_VERIFY_H_
