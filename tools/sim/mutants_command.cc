#include "tools/sim/mutants_command.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <vector>

#include "core/base/mutant.h"
#include "core/base/mutant_table.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kHuntStride = 1'000'000;  // Between the first seeds of two hunts.

// A seed that fails just as well without the planted bug found something else: that is a violation,
// not a kill.
struct Hunt {
  SeedResult killer;  // Of a dead one.
  bool dead = false;
  uint64_t seeds = 0;
  int64_t cpu_us = 0;
  std::vector<RunOptions> innocent;  // Failed without the planted bug, too.
};

Hunt HuntMutant(const RunOptions& run, uint64_t first, uint64_t seeds, int jobs) {
  Hunt hunt;
  const uint64_t end = first + seeds;
  uint64_t next = first;
  while (next < end && !hunt.dead) {
    std::vector<SeedResult> found;
    uint64_t last = next;
    const SwarmResult total = RunSwarm(
        {.run = run, .first = next, .seeds = end - next, .jobs = jobs, .violations_max = 1},
        [&](const SeedResult& result) {
          last = std::max(last, result.seed);
          if (!result.report.violation.empty()) found.push_back(result);
        });
    hunt.seeds += total.seeds;
    hunt.cpu_us += total.cpu_us;
    next = last + 1;
    for (const SeedResult& result : found) {
      RunOptions plain = ForSeed(run, result.seed);
      plain.mutants.clear();
      if (!RunSeedApart(plain).report.violation.empty()) {
        hunt.innocent.push_back(plain);
      } else if (!hunt.dead) {
        hunt.dead = true;
        hunt.killer = result;
      }
    }
  }
  return hunt;
}

// All hunts of one planted bug. Dead: every one of them ended with a kill.
struct Score {
  const MutantRow* row = nullptr;
  RunOptions run;
  std::vector<Hunt> hunts;

  bool dead() const {
    return std::all_of(hunts.begin(), hunts.end(), [](const Hunt& hunt) { return hunt.dead; });
  }
  template <typename Member>
  int64_t Median(Member member) const {
    std::vector<int64_t> values;
    for (const Hunt& hunt : hunts) values.push_back(static_cast<int64_t>(hunt.*member));
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  double cpu_seconds() const { return static_cast<double>(Median(&Hunt::cpu_us)) / 1e6; }
  int64_t seeds() const { return Median(&Hunt::seeds); }
  std::string checker() const { return FailureKey(hunts[0].killer.report.violation); }
};

Score ScoreOf(const MutantRow& row, const MutantsOptions& options) {
  Score score{.row = &row, .run = options.run};
  score.run.mutants = {std::string(row.name)};
  if (options.run.scenario == kAnyScenario) score.run.scenario = ScenarioOfMutant(row.name);
  if (score.run.faults.empty()) score.run.faults = FaultsOfMutant(row.name);
  for (uint64_t i = 0; i < options.repeats; ++i) {
    score.hunts.push_back(
        HuntMutant(score.run, options.first + i * kHuntStride, options.seeds, options.jobs));
    if (!score.hunts.back().dead) break;
  }
  return score;
}

std::string Fixed(double number) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.1f", number);
  return text;
}

void PrintText(const Score& score) {
  std::cout << score.row->name << ": " << (score.dead() ? "killed" : "ALIVE")
            << " seeds=" << score.seeds() << " cpu_seconds=" << Fixed(score.cpu_seconds());
  if (score.dead()) {
    const SeedResult& killer = score.hunts[0].killer;
    std::cout << " by: " << killer.report.violation << "\n  "
              << ReplayCommand(ForSeed(score.run, killer.seed));
  }
  std::cout << "\n  " << score.row->what << std::endl;
}

void PrintMarkdown(const Score& score) {
  std::cout << "| " << score.row->name << " | " << score.row->what << " | " << score.run.scenario
            << (score.run.faults.empty() ? "" : StrCat(", ", score.run.faults[0], " alone"))
            << " | " << (score.dead() ? "killed" : "**ALIVE**") << " | " << score.seeds() << " | "
            << Fixed(score.cpu_seconds()) << " | " << (score.dead() ? score.checker() : "") << " |"
            << std::endl;
}

bool Wanted(const MutantRow& row, const std::vector<std::string>& names) {
  return names.empty() || std::find(names.begin(), names.end(), row.name) != names.end();
}

}  // namespace

int MutantsCommand(const MutantsOptions& options) {
  if (options.markdown) {
    std::cout << "| planted bug | what it is, and what it copies | scenario | | seeds | CPU "
                 "seconds | caught by |\n|-|-|-|-|-|-|-|\n";
  }
  size_t killed = 0, hunted = 0;
  bool innocent = false;
  for (const MutantRow& row : MutantTable()) {
    if (!Wanted(row, options.run.mutants)) continue;
    const Score score = ScoreOf(row, options);
    ++hunted;
    killed += score.dead() ? 1 : 0;
    options.markdown ? PrintMarkdown(score) : PrintText(score);
    for (const Hunt& hunt : score.hunts) {
      for (const RunOptions& plain : hunt.innocent) {
        innocent = true;
        std::cerr << "  VIOLATION without any planted bug: " << ReplayCommand(plain) << std::endl;
      }
    }
  }
  std::cout << (options.markdown ? "\n" : "") << "killed " << killed << " of " << hunted
            << std::endl;
  return killed == hunted && !innocent ? 0 : 1;
}

}  // namespace quadraft::sim
