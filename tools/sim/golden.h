// Run hashes that stand in the tree (tools/sim/golden_hashes.txt): every compiler, build mode and
// address layout must give them again. A change of what happens in a run changes them: then
// `tools/determinism --rewrite`, and the diff says so in the review.
//
//   StatusOr<std::vector<GoldenRun>> runs = ParseGolden(text);   // "log 7 5 81234 0123..." a line
//   std::vector<GoldenRun> now = RunGolden(*runs);               // The same runs, measured.
#ifndef QUADRAFT_TOOLS_SIM_GOLDEN_H_
#define QUADRAFT_TOOLS_SIM_GOLDEN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace quadraft::sim {

struct GoldenRun {
  std::string scenario;
  uint64_t seed = 0;
  int64_t seconds = 0;
  uint64_t events = 0;
  std::string hash;
  friend bool operator==(const GoldenRun&, const GoldenRun&) = default;
};

// Comments (#) and empty lines are passed over. InvalidArgument with the line.
StatusOr<std::vector<GoldenRun>> ParseGolden(std::string_view text);
std::string FormatGolden(const std::vector<GoldenRun>& runs);

// Each in a child process. A run that ends in a violation has it in place of its hash.
std::vector<GoldenRun> RunGolden(const std::vector<GoldenRun>& wanted);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_GOLDEN_H_
