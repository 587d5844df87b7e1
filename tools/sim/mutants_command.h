// The mutation scoreboard: each planted bug is hunted with seeds, in the scenario of its row, until
// one fails.
#ifndef QUADRAFT_TOOLS_SIM_MUTANTS_COMMAND_H_
#define QUADRAFT_TOOLS_SIM_MUTANTS_COMMAND_H_

#include <cstdint>

#include "sim/explore/run.h"

namespace quadraft::sim {

struct MutantsOptions {
  RunOptions
      run;  // Its mutants: the planted bugs to hunt; none: all. kAnyScenario: each bug's own.
  uint64_t first = 1;
  uint64_t seeds = 2000;  // Of one hunt, at most.
  uint64_t repeats = 1;   // Hunts of each bug, over seeds that have nothing in common.
  int jobs = 1;
  bool markdown = false;
};

// Prints a row per planted bug, and last "killed K of N". The exit code: 0 all are dead, 1 one
// lives, or a seed fails without any planted bug.
int MutantsCommand(const MutantsOptions& options);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_MUTANTS_COMMAND_H_
