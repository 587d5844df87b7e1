// quadraft-sim trace-check FILE | --seeds N: traces of Raft, held against the specification.
#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "tools/sim/arguments.h"
#include "tools/sim/commands.h"
#include "tools/sim/swarm.h"
#include "tools/sim/trace_check.h"

namespace quadraft::sim {
namespace {

struct TraceFlags {
  SwarmOptions swarm;
  std::optional<std::string> file;
};

StatusOr<TraceFlags> Parse(Arguments args) {
  TraceFlags flags;
  flags.swarm.run.scenario = kAnyScenario;
  QR_ASSIGN_OR_RETURN(const auto scenario, args.Text("--scenario"));
  QR_ASSIGN_OR_RETURN(flags.swarm.run, args.Run());
  flags.swarm.run.scenario = scenario.value_or(std::string(kAnyScenario));
  QR_RETURN_IF_ERROR(CheckOptions(flags.swarm.run));
  QR_ASSIGN_OR_RETURN(flags.swarm.seeds, args.Number("--seeds", 0, uint64_t{1} << 40));
  QR_ASSIGN_OR_RETURN(flags.swarm.first, args.Number("--first", 1, UINT64_MAX >> 1));
  QR_ASSIGN_OR_RETURN(const uint64_t jobs, args.Number("--jobs", 1, kJobsMax));
  flags.swarm.jobs = static_cast<int>(std::max<uint64_t>(1, jobs));
  flags.swarm.violations_max = args.Has("--until-violation") ? 1 : 0;
  flags.file = args.Word();
  QR_RETURN_IF_ERROR(args.Done());
  if (flags.file.has_value() == (flags.swarm.seeds > 0)) {
    return InvalidArgument("trace-check wants a file, or --seeds");
  }
  return flags;
}

int CheckFile(const std::string& path) {
  uint64_t lines = 0;
  const Status status = CheckTraceFile(path, &lines);
  if (status.ok()) {
    std::cout << "lines=" << lines << " verdict=ok" << std::endl;
    return 0;
  }
  if (!absl::IsFailedPrecondition(status)) {
    std::cerr << "quadraft-sim: " << Message(status) << '\n';
    return 2;
  }
  std::cout << "REFUSED " << Message(status) << "\nlines=" << lines << " verdict=REFUSED"
            << std::endl;
  return 1;
}

// The trace's verdict takes the place of the run's own.
RunReport Judge(const RunOptions& options) {
  TraceVerdict verdict = RunAndCheckTrace(options);
  RunReport& report = verdict.report;
  report.operations = report.violation;
  report.violation = verdict.trace.ok() ? "" : Message(verdict.trace);
  report.marks = {{"lines", verdict.lines}};
  return std::move(report);
}

}  // namespace

int CheckTraces(std::vector<std::string> args) {
  StatusOr<TraceFlags> flags = Parse(Arguments(std::move(args)));
  if (!flags.ok()) {
    std::cerr << "quadraft-sim: " << Message(flags.status()) << '\n';
    return 2;
  }
  if (flags->file) return CheckFile(*flags->file);
  flags->swarm.judge = Judge;
  uint64_t broken = 0;
  const SwarmResult total = RunSwarm(flags->swarm, [&](const SeedResult& result) {
    const RunReport& report = result.report;
    broken += !report.operations.empty();
    if (report.violation.empty()) return;
    std::cout << "seed=" << result.seed << " REFUSED " << report.violation << "\n  "
              << (report.operations.empty() ? "the checkers of the run found nothing"
                                            : "the run's own: " + report.operations)
              << "\n  " << ReplayCommand(ForSeed(flags->swarm.run, result.seed))
              << " --raft-trace FILE" << std::endl;
  });
  const auto lines = total.marks.find("lines");
  std::cout << "seeds=" << total.seeds << " accepted=" << total.seeds - total.violations
            << " refused=" << total.violations << " runs_with_violation=" << broken
            << " lines=" << (lines == total.marks.end() ? 0 : lines->second)
            << " cpu_seconds=" << total.cpu_us / 1'000'000
            << " verdict=" << (total.violations == 0 ? "ok" : "REFUSED") << std::endl;
  return total.violations == 0 ? 0 : 1;
}

}  // namespace quadraft::sim
