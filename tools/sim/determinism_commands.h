// The commands of quadraft-sim about determinism: verify (each seed twice), golden (the hashes that
// stand in the tree), probe (one run on behalf of verify). Each prints and returns the exit code: 0
// all is well, 1 it is not, 2 bad usage.
#ifndef QUADRAFT_TOOLS_SIM_DETERMINISM_COMMANDS_H_
#define QUADRAFT_TOOLS_SIM_DETERMINISM_COMMANDS_H_

#include <cstdint>
#include <string>

#include "tools/sim/verify.h"

namespace quadraft::sim {

struct DeterminismFlags {
  uint64_t checkpoint_every = 1024;
  std::string plant;     // verify, probe: nondeterminism on purpose, "clock@EVENT".
  std::string window;    // probe: "FIRST:LAST".
  std::string out;       // probe: the file to write.
  std::string file;      // golden: the file of hashes.
  bool rewrite = false;  // golden: write what the runs gave.
};

int VerifyCommand(const RunOptions& run, const DeterminismFlags& flags, uint64_t first,
                  uint64_t seeds, int jobs);
int ProbeCommand(const RunOptions& run, const DeterminismFlags& flags);
int GoldenCommand(const DeterminismFlags& flags);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_DETERMINISM_COMMANDS_H_
