// A search for failures by forking: a process that holds a run at some virtual time is a snapshot
// of it, for the price of a fork(2), since a run is single-threaded. From a snapshot children go on
// with different bursts of faults; one that saw something new (coverage.h) becomes a snapshot
// itself, and which snapshot is continued next, and with which kinds of faults, follows what was
// new before. Some children also fork a finisher: repair, rest, and the checkers' last look. Beside
// that, tapes of the corpus are mutated and run from their beginning.
//
//   Explorer explorer({.run = {.scenario = "log", .mutants = {"x"}}, .seed = 1});
//   ExploreResult result = explorer.Search();      // Until a failure, or the budget of CPU time.
//
// With one job the search is a function of its seed.
#ifndef QUADRAFT_TOOLS_SIM_EXPLORER_H_
#define QUADRAFT_TOOLS_SIM_EXPLORER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "sim/explore/run.h"

namespace quadraft::sim {

struct ExploreOptions {
  RunOptions run;  // Scenario, nodes, mutants; `scenario` may not be "any".
  uint64_t seed = 1;
  int jobs = 1;
  int64_t cpu_us_max = 60'000'000;
};

struct ExploreResult {
  std::string violation;  // Empty: none within the budget.
  std::string tape;       // That fails so, from its beginning.
  int64_t cpu_us = 0;     // Of all processes.
  uint64_t bursts = 0, finished = 0, mutated = 0, roots = 0;
  uint64_t features = 0;  // Seen in all.
};

class Explorer {
 public:
  explicit Explorer(ExploreOptions options);
  ~Explorer();
  ExploreResult Search();

 private:
  struct Slot;    // Of shared memory: what one process reports.
  struct Shared;  // All slots and the map of features.
  struct Live;    // The driver's side of a slot.

  void StartRoot(int slot);
  void StartMutated(int slot);
  void StartBurst(int slot);
  void StartSomething();
  int FreeSlot();
  int ChooseSnapshot();
  void Retire(int slot);
  bool AwaitOne();
  void Settle(int slot);
  std::vector<uint8_t> ChooseKinds();

  ExploreOptions options_;
  Random random_;
  Shared* shared_;
  std::vector<Live> live_;
  std::vector<std::string> corpus_;  // Tapes that saw something new.
  std::vector<double> kind_worth_;   // By fault: what was new, per burst it was in.
  uint64_t next_root_;
  uint64_t ticks_ = 0;
  ExploreResult result_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_EXPLORER_H_
