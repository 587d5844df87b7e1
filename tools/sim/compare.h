// How much sooner the search finds planted bugs than random seeds do, in CPU time until the first
// failure. Three ways, the same bugs: random seeds in a process each, as a swarm runs them; the
// same seeds in the search's kind of process (workers.h), which is what staying processes alone
// gain; and the search. What fails without its bug as well is no find: seeds go on, a search has
// lost.
//
//   return CompareSearch({.search = options, .trials = 5, .svg = "explore.svg"});
#ifndef QUADRAFT_TOOLS_SIM_COMPARE_H_
#define QUADRAFT_TOOLS_SIM_COMPARE_H_

#include <cstdint>
#include <string>

#include "tools/sim/explorer.h"

namespace quadraft::sim {

struct CompareOptions {
  ExploreOptions search;       // Its mutants are the bugs; trial n has seed + n.
  bool own_scenarios = false;  // Of each planted bug the scenario where it is hunted.
  uint64_t trials = 5;
  // The second median of ratios leaves those out that random seeds find in so few: of two seeds
  // nothing can be five times sooner.
  uint64_t seeds_over = 5;
  std::string svg;  // For the curves; empty: none.
};

// Prints a line per bug and two with the medians. 0, or 2: the file cannot be written.
int CompareSearch(const CompareOptions& options);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_COMPARE_H_
