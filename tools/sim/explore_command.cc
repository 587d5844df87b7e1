// quadraft-sim explore: the search, and its measurement against random seeds.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

#include "core/base/mutant_table.h"
#include "sim/explore/coverage.h"
#include "tools/sim/arguments.h"
#include "tools/sim/commands.h"
#include "tools/sim/explorer.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

struct ExploreFlags {
  ExploreOptions options;
  bool compare = false;
  bool own_scenarios = false;  // Of each planted bug the scenario where it is hunted.
  uint64_t trials = 5;
  std::string out;  // For the failing tape.
  std::string svg;  // For the curve.
};

StatusOr<ExploreFlags> Parse(Arguments args) {
  ExploreFlags flags;
  flags.compare = args.Has("--compare");
  QR_ASSIGN_OR_RETURN(const auto scenario, args.Text("--scenario"));
  QR_ASSIGN_OR_RETURN(flags.options.run, args.Run());
  const std::vector<std::string>& mutants = flags.options.run.mutants;
  flags.own_scenarios = !scenario && !mutants.empty();
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
  flags.options.cpu_us_max = static_cast<int64_t>(cpu) * 1'000'000;
  QR_ASSIGN_OR_RETURN(flags.trials, args.Number("--trials", 5, 1000));
  QR_ASSIGN_OR_RETURN(const auto out, args.Text("--out"));
  if (out) flags.out = *out;
  QR_ASSIGN_OR_RETURN(const auto svg, args.Text("--svg"));
  if (svg) flags.svg = *svg;
  QR_RETURN_IF_ERROR(args.Done());
  if (flags.compare && flags.options.run.mutants.empty()) {
    return InvalidArgument("--compare wants at least one --mutant");
  }
  return flags;
}

double Seconds(int64_t us) { return static_cast<double>(us) / 1e6; }

// CPU time until a failure; `limit` when there was none.
int64_t RandomTrial(const RunOptions& run, uint64_t trial, int64_t limit_us) {
  int64_t cpu_us = 0;
  for (uint64_t seed = (trial + 1) * 1'000'000; cpu_us < limit_us; ++seed) {
    RunOptions one = run;
    one.seed = seed;
    const SeedResult result = RunSeedApart(one);
    cpu_us += result.cpu_us;
    if (!result.report.violation.empty()) return std::min(cpu_us, limit_us);
  }
  return limit_us;
}

int64_t Median(std::vector<int64_t> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The share of trials that have found their bug after so much CPU time, both ways: a staircase
// each.
std::string Curve(std::vector<int64_t> random, std::vector<int64_t> explorer, int64_t limit_us) {
  constexpr double kWidth = 640, kHeight = 320, kLeft = 50, kTop = 20;
  std::string svg = StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 390\" ",
                           "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"720\" ",
                           "height=\"390\" fill=\"white\"/>\n");
  // A thousandth of the limit to the limit, in three decades: each as wide as the others.
  const auto x = [&](int64_t us) {
    double decades = 3, value = static_cast<double>(limit_us);
    while (value > static_cast<double>(us) && decades > 0) value /= 1.1, decades -= 0.0413927;
    return kLeft + kWidth * std::max(0.0, decades) / 3;
  };
  const auto line = [&](std::vector<int64_t> times, const char* colour) {
    std::sort(times.begin(), times.end());
    char point[64];
    std::string path = StrCat("M", kLeft, " ", kTop + kHeight);
    double y = kTop + kHeight;
    for (size_t i = 0; i < times.size() && times[i] < limit_us; ++i) {
      std::snprintf(point, sizeof(point), " L%.1f %.1f", x(times[i]), y);
      path.append(point);
      y = kTop + kHeight * (1 - static_cast<double>(i + 1) / static_cast<double>(times.size()));
      std::snprintf(point, sizeof(point), " L%.1f %.1f", x(times[i]), y);
      path.append(point);
    }
    std::snprintf(point, sizeof(point), " L%.1f %.1f", kLeft + kWidth, y);
    path.append(point);
    StrAppend(&svg, "<path d=\"", path, "\" fill=\"none\" stroke-width=\"2\" stroke=\"", colour,
              "\"/>\n");
  };
  for (const int percent : {0, 50, 100}) {
    const double y = kTop + kHeight * (1 - percent / 100.0);
    StrAppend(&svg, "<text x=\"8\" y=\"", y + 4, "\">", percent, " %</text><path d=\"M", kLeft, " ",
              y, " h", kWidth, "\" stroke=\"#ddd\"/>\n");
  }
  for (const int64_t part : {1000, 100, 10, 1}) {
    char text[120];
    std::snprintf(text, sizeof(text), "<text x=\"%.1f\" y=\"358\">%.3g s</text>\n",
                  x(limit_us / part) - 12, Seconds(limit_us / part));
    svg.append(text);
  }
  line(std::move(random), "#c33");
  line(std::move(explorer), "#36c");
  StrAppend(
      &svg, "<text x=\"60\" y=\"380\">share of trials that found the planted bug, by CPU time: ",
      "<tspan fill=\"#36c\">explorer</tspan>, <tspan fill=\"#c33\">random seeds</tspan></text>",
      "\n</svg>\n");
  return svg;
}

int Compare(const ExploreFlags& flags) {
  std::vector<int64_t> ratios_permille, all_random, all_explorer;
  for (const std::string& mutant : flags.options.run.mutants) {
    ExploreOptions options = flags.options;
    options.run.mutants = {mutant};
    if (flags.own_scenarios) options.run.scenario = ScenarioOfMutant(mutant);
    std::vector<int64_t> random, explorer;
    for (uint64_t trial = 0; trial < flags.trials; ++trial) {
      random.push_back(RandomTrial(options.run, flags.options.seed + trial, options.cpu_us_max));
      options.seed = flags.options.seed + trial;
      const ExploreResult found = Explorer(options).Search();
      explorer.push_back(found.violation.empty() ? options.cpu_us_max
                                                 : std::min(found.cpu_us, options.cpu_us_max));
    }
    const int64_t median_random = Median(random), median_explorer = Median(explorer);
    const int64_t ratio = median_random * 1000 / std::max<int64_t>(1, median_explorer);
    ratios_permille.push_back(ratio);
    char line[200];
    std::snprintf(line, sizeof(line), "%s random=%.2fs%s explorer=%.2fs%s ratio=%.2f",
                  mutant.c_str(), Seconds(median_random),
                  median_random >= options.cpu_us_max ? "+" : "", Seconds(median_explorer),
                  median_explorer >= options.cpu_us_max ? "+" : "",
                  static_cast<double>(ratio) / 1000);
    std::cout << line << std::endl;
    all_random.insert(all_random.end(), random.begin(), random.end());
    all_explorer.insert(all_explorer.end(), explorer.begin(), explorer.end());
  }
  char line[120];
  std::snprintf(line, sizeof(line), "median_ratio=%.2f mutants=%zu trials=%llu cpu_limit=%.0fs",
                static_cast<double>(Median(ratios_permille)) / 1000, ratios_permille.size(),
                static_cast<unsigned long long>(flags.trials), Seconds(flags.options.cpu_us_max));
  std::cout << line << std::endl;
  if (flags.svg.empty()) return 0;
  const Status written =
      WriteWhole(flags.svg, Curve(all_random, all_explorer, flags.options.cpu_us_max));
  if (!written.ok()) std::cerr << "quadraft-sim: " << Message(written) << '\n';
  return written.ok() ? 0 : 2;
}

}  // namespace

int ExploreTapes(std::vector<std::string> args) {
  const StatusOr<ExploreFlags> flags = Parse(Arguments(std::move(args)));
  if (!flags.ok()) {
    std::cerr << "quadraft-sim: " << Message(flags.status()) << '\n';
    return 2;
  }
  if (flags->compare) return Compare(*flags);
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
