#include "tools/sim/golden.h"

#include <sstream>

#include "core/base/strings.h"
#include "sim/explore/run.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kHead =
    "# Run hashes that every compiler, build mode and address layout must give: "
    "//tools/sim:golden_test.\n"
    "# After a change of what happens in a run: tools/determinism --rewrite\n"
    "# scenario seed seconds events hash\n";

}  // namespace

StatusOr<std::vector<GoldenRun>> ParseGolden(std::string_view text) {
  std::vector<GoldenRun> runs;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    GoldenRun run;
    std::string rest;
    if (!(words >> run.scenario >> run.seed >> run.seconds >> run.events >> run.hash) ||
        words >> rest) {
      return InvalidArgument("line ", number, ": want SCENARIO SEED SECONDS EVENTS HASH, not '",
                             line, "'");
    }
    runs.push_back(std::move(run));
  }
  if (runs.empty()) return InvalidArgument("no run in it");
  return runs;
}

std::string FormatGolden(const std::vector<GoldenRun>& runs) {
  std::string out(kHead);
  for (const GoldenRun& run : runs) {
    StrAppend(&out, run.scenario, " ", run.seed, " ", run.seconds, " ", run.events, " ", run.hash,
              "\n");
  }
  return out;
}

std::vector<GoldenRun> RunGolden(const std::vector<GoldenRun>& wanted) {
  std::vector<GoldenRun> runs = wanted;
  for (GoldenRun& run : runs) {
    const RunOptions options{.scenario = run.scenario, .seed = run.seed, .seconds = run.seconds};
    const RunReport report = RunSeedApart(options).report;
    run.events = report.events;
    run.hash = report.violation.empty() ? report.hash.ToHex() : "VIOLATION:" + report.violation;
  }
  return runs;
}

}  // namespace quadraft::sim
