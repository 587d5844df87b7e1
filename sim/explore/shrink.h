// Makes a failing tape small: fewer faults, then a simpler world around them, while the same
// failure (FailureKey) stays. Delta debugging (Zeller, Hildebrandt 2002) with three turns of its
// own: the empty tape and each fault alone are tried first, since one is often enough; each
// candidate may be tried under several seeds of the world, since what a fault needs is often luck
// with the network rather than the other faults; and where taking out ends, a given number of runs
// goes into tapes of one, two, ... of the remaining faults with other times, lengths and seeds.
//
//   Shrinker shrinker(run_in_order, out_of_time);   // As FirstToFail and a clock.
//   ShrinkResult small = shrinker.Shrink(tape);   // tape.expect is the key.
//
// What runs the candidates (in children, several at once) is the caller's.
#ifndef QUADRAFT_SIM_EXPLORE_SHRINK_H_
#define QUADRAFT_SIM_EXPLORE_SHRINK_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/env/random.h"
#include "sim/explore/run.h"
#include "sim/explore/tape.h"

namespace quadraft::sim {

struct ShrinkResult {
  Tape tape;
  uint64_t candidates = 0;  // Runs.
  bool finished = true;     // False: the time was over before nothing more could be taken out.
};

class Shrinker {
 public:
  struct Found {
    size_t index = 0;
    RunReport report;
  };
  // The first of the tapes, in their order, that breaks its `expect`; nullopt: none. Not to_end:
  // it must do so before its faults end, and the rest of the run need not be done.
  using FirstToFail =
      absl::AnyInvocable<std::optional<Found>(const std::vector<Tape>&, bool to_end)>;
  Shrinker(FirstToFail first_to_fail, absl::AnyInvocable<bool()> out_of_time);

  // `tape` fails as it says.
  ShrinkResult Shrink(Tape tape);

 private:
  // Replaces best_ by the first candidate that fails, under one of `seeds` seeds of the world
  // from best_'s on; 0: under its own.
  bool Try(const std::vector<Tape>& candidates, int seeds);
  bool Try(Tape candidate, int seeds);
  void CutAtFailure();
  void GuessFew();
  void GuessOneLonger();
  // Tapes of `count` faults that are like some of best_'s. False: none failed.
  bool Sample(size_t count);
  template <typename T>
  void Minimize(std::vector<T> Tape::*list, int seeds);
  void SimplifyWorld();
  void SimplifyFaults();
  void ListOperations();

  FirstToFail first_to_fail_;
  absl::AnyInvocable<bool()> out_of_time_;
  Tape best_;
  RunReport report_;             // Of best_'s run.
  std::set<std::string> tried_;  // Texts of tapes that did not fail.
  uint64_t candidates_ = 0;
  Random random_;  // Of Sample; seeded from the tape.
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_SHRINK_H_
