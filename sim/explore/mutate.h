// Tapes for a search: short ones to begin with, and tapes from tapes.
//
//   Tape next = MutateTape(corpus[i], corpus[j], random);   // Add, remove, move, splice.
#ifndef QUADRAFT_SIM_EXPLORE_MUTATE_H_
#define QUADRAFT_SIM_EXPLORE_MUTATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/env/random.h"
#include "sim/explore/tape.h"

namespace quadraft::sim {

// A run that is over soon and costs little for what happens in it: few nodes, quick elections,
// small files, logs that are compacted all the time, an operation now and then, and from the first
// leader on one fault of these kinds after the other, close together. The seed is drawn, too. One
// setting in four is drawn as for any run.
Tape DrawShortTape(const ScenarioRow* scenario, const std::vector<std::string>& mutants,
                   const std::vector<std::string_view>& kinds, Random& random);

// `tape` up to `cut`, and another burst from then on, often at once.
Tape ContinueTape(const Tape& tape, Duration cut, const std::vector<std::string_view>& kinds,
                  Random& random);

// One to three changes of `tape`: an entry is added, removed, moved, made longer or shorter or
// given another seed; the faults of `other` from some time on replace its own; an operation is
// removed.
Tape MutateTape(const Tape& tape, const Tape& other, Random& random);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_MUTATE_H_
