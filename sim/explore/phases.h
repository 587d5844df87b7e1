// The three phases of a run, over one world:
//   1. safety: faults that alone leave a majority, in any number and mixture;
//   2. beyond tolerance: a majority dead, everybody cut off, all power gone: it may stall, it may
//   not
//      lie or lose;
//   3. repair: faults end for a core that is a majority; outsiders stay broken (down, partitioned
//   or
//      paused; also those whose disk is gone). Within kProgressBound of virtual time every client
//      has a write acknowledged and every node of the core gets on. Then rest: no new operations,
//      the core comes to hold the same, final reads, the checkers' last look.
//
//   PhasedRun run(tape, options);
//   const Status status = run.ToEnd();        // Not OK: a violation, or Cancelled: options.stop.
//
// The caller has switched the tape's mutants on.
#ifndef QUADRAFT_SIM_EXPLORE_PHASES_H_
#define QUADRAFT_SIM_EXPLORE_PHASES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/checker.h"
#include "sim/explore/replacements.h"
#include "sim/explore/run.h"
#include "sim/explore/scenario.h"
#include "sim/faults/nemesis.h"
#include "sim/trace/run_observer.h"
#include "sim/world/world.h"

namespace quadraft::sim {

inline constexpr Duration kWarmUp = seconds(1);  // Before the first fault that is drawn.
inline constexpr Duration kProgressBound = seconds(30);
inline constexpr Duration kRestBound = seconds(30);

class PhasedRun {
 public:
  PhasedRun(const Tape& tape, const RunOptions& options);
  ~PhasedRun();

  // Until `time` in the first two phases. May be called again.
  Status To(Duration time);
  // Adds faults that begin later than now, and moves the end of the first two phases.
  void Extend(const std::vector<FaultEntry>& entries, Duration end);
  // All the rest.
  Status ToEnd();
  RunReport Report(const Status& status);

  World& world() { return world_; }
  const Scenario& scenario() const { return *scenario_; }
  const Tape& tape() const { return tape_; }
  // The tape as it was run: every operation listed.
  Tape Recorded() const;

 private:
  Status Violation() const;
  Status RunFor(Duration duration);
  Status Await(Duration bound, std::string_view what, absl::AnyInvocable<bool()> condition);
  Status RestoreMembers();
  Status FinishReplacements();
  Status Repair();
  Status Rest();
  void ChooseCore();
  void KeepOutsidersBroken();
  void WatchForStop();
  void EnterPhase(std::string_view name);
  std::string NodeStates();
  std::string LogTail();

  Tape tape_;
  StopAt stop_;
  const bool keep_histories_;
  std::string stopped_;
  World world_;
  Checkers checkers_;
  OperationTape operations_;
  FaultContext context_;
  std::unique_ptr<Nemesis> nemesis_;
  std::unique_ptr<Scenario> scenario_;  // After what it uses; before nothing.
  std::unique_ptr<Replacements> replacements_;
  std::vector<NodeId> core_;            // Empty until the repair.
  std::vector<Outsider> outsiders_;
  bool started_ = false;
  RunObserver* observer_;  // Null: nobody watches.
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_PHASES_H_
