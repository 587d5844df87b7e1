// quadraft-sim explore: the search, and its measurement against random seeds.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

#include "core/base/mutant_table.h"
#include "sim/explore/coverage.h"
#include "tools/sim/arguments.h"
#include "tools/sim/commands.h"
#include "tools/sim/compare.h"
#include "tools/sim/explorer.h"

namespace quadraft::sim {
namespace {

struct ExploreFlags {
  ExploreOptions options;
  bool compare = false;
  CompareOptions compared;  // Without its search.
  std::string out;          // For the failing tape.
};

StatusOr<ExploreFlags> Parse(Arguments args) {
  ExploreFlags flags;
  flags.compare = args.Has("--compare");
  flags.options.guided = !args.Has("--unguided");
  QR_ASSIGN_OR_RETURN(const auto scenario, args.Text("--scenario"));
  QR_ASSIGN_OR_RETURN(flags.options.run, args.Run());
  const std::vector<std::string>& mutants = flags.options.run.mutants;
  flags.compared.own_scenarios = !scenario && !mutants.empty();
  flags.options.run.scenario =
      scenario.value_or(mutants.empty() ? "log" : std::string(ScenarioOfMutant(mutants[0])));
  QR_RETURN_IF_ERROR(CheckOptions(flags.options.run));
  if (flags.options.run.scenario == kAnyScenario) {
    return InvalidArgument("explore wants one scenario, not any");
  }
  QR_ASSIGN_OR_RETURN(flags.options.seed, args.Number("--seed", 1, 1u << 30));
  QR_ASSIGN_OR_RETURN(const uint64_t jobs, args.Number("--jobs", 1, 16));
  flags.options.jobs = static_cast<int>(std::max<uint64_t>(1, jobs));
  QR_ASSIGN_OR_RETURN(const uint64_t cpu, args.Number("--cpu", 60, 1'000'000));
  flags.options.cpu_us_max = static_cast<int64_t>(std::max<uint64_t>(1, cpu)) * 1'000'000;
  QR_ASSIGN_OR_RETURN(flags.compared.trials, args.Number("--trials", 5, 1000));
  QR_ASSIGN_OR_RETURN(flags.compared.seeds_over, args.Number("--seeds-over", 5, 1'000'000));
  QR_ASSIGN_OR_RETURN(const auto out, args.Text("--out"));
  if (out) flags.out = *out;
  QR_ASSIGN_OR_RETURN(const auto svg, args.Text("--svg"));
  if (svg) flags.compared.svg = *svg;
  QR_RETURN_IF_ERROR(args.Done());
  if (flags.compare && flags.options.run.mutants.empty()) {
    return InvalidArgument("--compare wants at least one --mutant");
  }
  return flags;
}

double Seconds(int64_t us) { return static_cast<double>(us) / 1e6; }

}  // namespace

int ExploreTapes(std::vector<std::string> args) {
  const StatusOr<ExploreFlags> flags = Parse(Arguments(std::move(args)));
  if (!flags.ok()) {
    std::cerr << "quadraft-sim: " << Message(flags.status()) << '\n';
    return 2;
  }
  if (flags->compare) {
    CompareOptions compared = flags->compared;
    compared.search = flags->options;
    return CompareSearch(compared);
  }
  const ExploreResult found = Explorer(flags->options).Search();
  if (!found.violation.empty()) {
    std::cout << "VIOLATION " << found.violation << '\n';
    if (flags->out.empty()) {
      std::cout << found.tape;
    } else {
      const Status written = WriteWhole(flags->out, found.tape);
      if (!written.ok()) {
        std::cerr << "quadraft-sim: " << Message(written) << '\n';
        return 2;
      }
    }
  }
  char line[200];
  std::snprintf(
      line, sizeof(line),
      "runs=%llu drawn=%llu continued=%llu mutated=%llu finished=%llu features=%llu "
      "edges_counted=%zu cpu_seconds=%.2f verdict=",
      static_cast<unsigned long long>(found.runs), static_cast<unsigned long long>(found.drawn),
      static_cast<unsigned long long>(found.continued),
      static_cast<unsigned long long>(found.mutated),
      static_cast<unsigned long long>(found.finished),
      static_cast<unsigned long long>(found.features), CountedEdges(), Seconds(found.cpu_us));
  std::cout << line << (found.violation.empty() ? "ok" : "VIOLATION") << std::endl;
  return found.violation.empty() ? 0 : 1;
}

}  // namespace quadraft::sim
