// A search for failures: many short runs, each from a tape, in processes that stay (workers.h).
// Most tapes are drawn to be short and dense (sim/explore/mutate.h); the others are made from one of
// the corpus: the same up to some time and then another burst of faults, or a few entries changed.
// What a run went through (sim/explore/coverage.h) decides whether its tape joins the corpus, how
// often it is gone on from, and which kinds of faults are used more.
//
//   Explorer explorer({.run = {.scenario = "log", .mutants = {"x"}}, .seed = 1});
//   ExploreResult result = explorer.Search();      // Until a failure, or the budget of CPU time.
//
// With one job the search is a function of its seed: it steers by counted events, not by time.
#ifndef QUADRAFT_TOOLS_SIM_EXPLORER_H_
#define QUADRAFT_TOOLS_SIM_EXPLORER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/env/random.h"
#include "sim/explore/run.h"
#include "tools/sim/workers.h"

namespace quadraft::sim {

struct ExploreOptions {
  RunOptions run;  // Scenario, mutants, faults; `scenario` may not be "any".
  uint64_t seed = 1;
  int jobs = 1;
  int64_t cpu_us_max = 60'000'000;
  bool guided = true;  // False: every tape is drawn anew, nothing is counted or learnt.
};

struct ExploreResult {
  std::string violation;  // Empty: none within the budget.
  std::string tape;       // That fails so, from its beginning.
  int64_t cpu_us = 0;     // Of all processes.
  uint64_t runs = 0, drawn = 0, continued = 0, mutated = 0, finished = 0;
  uint64_t features = 0;  // Seen in all.
};

class Explorer {
 public:
  explicit Explorer(ExploreOptions options);
  ExploreResult Search();

 private:
  struct Kept {  // A tape of the corpus.
    Tape tape;
    std::vector<Feature> rare;  // What few runs had seen when this one did.
    uint64_t tried = 0;
  };
  struct Job {
    Tape tape;
    bool finish = false;
    std::vector<size_t> kinds;  // Whose worth its novelty changes.
  };

  Job Next();
  std::vector<size_t> ChooseKinds();
  Kept& ChooseKept();
  void Learn(const Job& job, const Workers::Done& done);

  ExploreOptions options_;
  const ScenarioRow* scenario_;
  Random random_;
  Workers workers_;
  std::vector<size_t> usable_;  // Rows of the fault table.
  std::map<uint64_t, Job> under_way_;
  std::vector<Kept> corpus_;
  std::unordered_map<uint64_t, uint32_t> seen_;  // By feature: in how many runs.
  std::vector<double> worth_;                    // By fault: what was new per thousand events.
  ExploreResult result_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_EXPLORER_H_
