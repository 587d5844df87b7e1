// Determinism under test: one seed, twice, must give one hash. When it does not, the first event
// that differs is looked for and shown with what came before it.
#ifndef QUADRAFT_TOOLS_SIM_VERIFY_H_
#define QUADRAFT_TOOLS_SIM_VERIFY_H_

#include <string>

#include "sim/explore/run.h"

namespace quadraft::sim {

// Empty: the hashes are equal. Each run has a child process of its own (another heap layout,
// another hash salt).
std::string VerifySeed(const RunOptions& options);

// The first line at which two traces differ, with up to `context` lines before it; empty when they
// are equal.
std::string FirstDifference(std::string_view a, std::string_view b, int context);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_VERIFY_H_
