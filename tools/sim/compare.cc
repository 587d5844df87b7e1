#include "tools/sim/compare.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>
#include <vector>

#include "core/base/mutant_table.h"
#include "tools/sim/arguments.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kTrialStride = 1'000'000;  // Between the first seeds of two trials.

// Until the first find, or the limit of CPU time.
struct Find {
  int64_t cpu_us = 0;
  uint64_t runs = 0;
};
struct Ways {
  std::vector<Find> apart, workers, search;  // By trial.
};

double Seconds(int64_t us) { return static_cast<double>(us) / 1e6; }

// Says so when the failure is not the bug's.
bool FailsWithout(Tape tape) {
  tape.mutants.clear();
  tape.expect.clear();
  const std::string violation = RunTapeApart(tape).violation;
  if (violation.empty()) return false;
  std::cerr << "VIOLATION without any planted bug: " << violation << "\n" << FormatTape(tape);
  return true;
}

Find RandomApart(RunOptions run, uint64_t first, int64_t limit_us) {
  Find find;
  for (run.seed = first; find.cpu_us < limit_us; ++run.seed) {
    const SeedResult result = RunSeedApart(run);
    find.cpu_us += result.cpu_us;
    ++find.runs;
    if (!result.report.violation.empty() && !FailsWithout(DrawTape(run))) break;
  }
  find.cpu_us = std::min(find.cpu_us, limit_us);
  return find;
}

Find RandomInWorkers(RunOptions run, uint64_t first, int64_t limit_us) {
  Find find;
  Workers workers(1);
  for (run.seed = first; workers.cpu_us() < limit_us; ++run.seed) {
    const Tape tape = DrawTape(run);
    workers.Start(run.seed, {.tape = tape});
    const Workers::Done done = workers.Await();
    ++find.runs;
    if (!done.report.violation.empty() && !FailsWithout(tape)) break;
  }
  workers.Abandon();
  find.cpu_us = std::min(workers.cpu_us(), limit_us);
  return find;
}

Find BySearch(const ExploreOptions& options) {
  const ExploreResult found = Explorer(options).Search();
  Find find{options.cpu_us_max, found.runs};
  if (found.violation.empty()) return find;
  const StatusOr<Tape> tape = ParseTape(found.tape);
  if (tape.ok() && !FailsWithout(*tape)) find.cpu_us = std::min(found.cpu_us, find.cpu_us);
  return find;
}

// Between the two in the middle when there are two.
template <typename T>
T Median(std::vector<T> values) {
  if (values.empty()) return T{};
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

std::vector<int64_t> Times(const std::vector<Find>& finds) {
  std::vector<int64_t> times;
  for (const Find& find : finds) times.push_back(find.cpu_us);
  return times;
}

uint64_t MedianRuns(const std::vector<Find>& finds) {
  std::vector<uint64_t> runs;
  for (const Find& find : finds) runs.push_back(find.runs);
  return Median(std::move(runs));
}

Ways Measure(const CompareOptions& options, ExploreOptions search) {
  Ways ways;
  for (uint64_t trial = 0; trial < options.trials; ++trial) {
    search.seed = options.search.seed + trial;
    const uint64_t first = search.seed * kTrialStride;
    ways.apart.push_back(RandomApart(search.run, first, search.cpu_us_max));
    ways.workers.push_back(RandomInWorkers(search.run, first, search.cpu_us_max));
    ways.search.push_back(BySearch(search));
  }
  return ways;
}

// "2.85", or "60+" where half of the trials found nothing.
std::string TimeText(int64_t us, int64_t limit_us) {
  char text[40];
  std::snprintf(text, sizeof(text), us >= limit_us ? "%.0f+" : "%.2f", Seconds(us));
  return text;
}

struct Ratios {
  std::vector<double> apart, workers;  // By bug: random seeds' median over the search's.

  void Print(std::string_view which) const {
    char line[160];
    std::snprintf(line, sizeof(line), "median_ratio=%.2f in_workers=%.2f bugs=%zu ", Median(apart),
                  Median(workers), apart.size());
    std::cout << line << which << std::endl;
  }
};

// One bug's line; adds its ratios.
void Judge(const std::string& bug, const ExploreOptions& search, const Ways& ways, Ratios* ratios) {
  const int64_t apart = Median(Times(ways.apart)), workers = Median(Times(ways.workers)),
                found = std::max<int64_t>(1, Median(Times(ways.search)));
  ratios->apart.push_back(static_cast<double>(apart) / static_cast<double>(found));
  ratios->workers.push_back(static_cast<double>(workers) / static_cast<double>(found));
  const auto text = [&](int64_t us) { return TimeText(us, search.cpu_us_max); };
  char line[80];
  std::snprintf(line, sizeof(line), " ratio=%.2f in_workers_ratio=%.2f", ratios->apart.back(),
                ratios->workers.back());
  std::cout << StrCat(bug, " ", search.run.scenario, " seeds=", MedianRuns(ways.apart),
                      " random=", text(apart), " in_workers=", text(workers),
                      " explorer=", text(found), " runs=", MedianRuns(ways.search), line)
            << std::endl;
}

constexpr double kWidth = 640, kHeight = 320, kLeft = 50, kTop = 20;

// A thousandth of the limit to the limit, in three decades: each as wide as the others.
double CurveX(int64_t us, int64_t limit_us) {
  double decades = 3, value = static_cast<double>(limit_us);
  while (value > static_cast<double>(us) && decades > 0) value /= 1.02, decades -= 0.0086002;
  return kLeft + kWidth * std::max(0.0, decades) / 3;
}

// The share of trials that had found their bug after so much CPU time: a staircase.
std::string CurveLine(std::vector<int64_t> times, int64_t limit_us, std::string_view colour) {
  std::sort(times.begin(), times.end());
  char point[64];
  std::string path = StrCat("M", kLeft, " ", kTop + kHeight);
  double y = kTop + kHeight;
  const auto step = [&](double x) {
    std::snprintf(point, sizeof(point), " L%.1f %.1f", x, y);
    path.append(point);
  };
  for (size_t i = 0; i < times.size() && times[i] < limit_us; ++i) {
    step(CurveX(times[i], limit_us));
    y = kTop + kHeight * (1 - static_cast<double>(i + 1) / static_cast<double>(times.size()));
    step(CurveX(times[i], limit_us));
  }
  step(kLeft + kWidth);
  return StrCat("<path d=\"", path, "\" fill=\"none\" stroke-width=\"2\" stroke=\"", colour,
                "\"/>\n");
}

std::string Curves(const Ways& all, int64_t limit_us) {
  std::string svg = StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 390\" ",
                           "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"720\" ",
                           "height=\"390\" fill=\"white\"/>\n");
  for (const int percent : {0, 50, 100}) {
    const double y = kTop + kHeight * (1 - percent / 100.0);
    StrAppend(&svg, "<text x=\"8\" y=\"", y + 4, "\">", percent, " %</text><path d=\"M", kLeft, " ",
              y, " h", kWidth, "\" stroke=\"#ddd\"/>\n");
  }
  for (const int64_t part : {1000, 100, 10, 1}) {
    char text[120];
    std::snprintf(text, sizeof(text), "<text x=\"%.1f\" y=\"358\">%.3g s</text>\n",
                  CurveX(limit_us / part, limit_us) - 12, Seconds(limit_us / part));
    svg.append(text);
  }
  StrAppend(&svg, CurveLine(Times(all.apart), limit_us, "#c33"),
            CurveLine(Times(all.workers), limit_us, "#c90"),
            CurveLine(Times(all.search), limit_us, "#36c"));
  StrAppend(&svg, "<text x=\"60\" y=\"380\">share of trials that found the bug, by CPU time: ",
            "<tspan fill=\"#36c\">explorer</tspan>, <tspan fill=\"#c33\">random seeds</tspan>, ",
            "<tspan fill=\"#c90\">the same in its processes</tspan></text>\n", "</svg>\n");
  return svg;
}

}  // namespace

int CompareSearch(const CompareOptions& options) {
  Ratios ratios, rare;
  Ways all;
  for (const std::string& bug : options.search.run.mutants) {
    ExploreOptions search = options.search;
    search.run.mutants = {bug};
    if (options.own_scenarios) search.run.scenario = ScenarioOfMutant(bug);
    const Ways ways = Measure(options, search);
    Judge(bug, search, ways, &ratios);
    if (MedianRuns(ways.apart) > options.seeds_over) {
      rare.apart.push_back(ratios.apart.back());
      rare.workers.push_back(ratios.workers.back());
    }
    all.apart.insert(all.apart.end(), ways.apart.begin(), ways.apart.end());
    all.workers.insert(all.workers.end(), ways.workers.begin(), ways.workers.end());
    all.search.insert(all.search.end(), ways.search.begin(), ways.search.end());
  }
  const int64_t limit_us = options.search.cpu_us_max;
  ratios.Print(StrCat("all trials=", options.trials, " cpu_limit=", Seconds(limit_us), "s"));
  rare.Print(StrCat("those that took random seeds more than ", options.seeds_over, " runs"));
  if (options.svg.empty()) return 0;
  const Status written = WriteWhole(options.svg, Curves(all, limit_us));
  if (!written.ok()) std::cerr << "quadraft-sim: " << Message(written) << '\n';
  return written.ok() ? 0 : 2;
}

}  // namespace quadraft::sim
