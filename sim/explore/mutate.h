// Tapes from tapes: what a search tries next.
//
//   Tape next = MutateTape(corpus[i], corpus[j], random);   // Add, remove, move, splice.
#ifndef QUADRAFT_SIM_EXPLORE_MUTATE_H_
#define QUADRAFT_SIM_EXPLORE_MUTATE_H_

#include <string_view>
#include <vector>

#include "core/env/random.h"
#include "sim/explore/tape.h"

namespace quadraft::sim {

// Faults within [from, from + window), of these kinds, one every `pace` or so.
std::vector<FaultEntry> DrawBurst(const std::vector<std::string_view>& kinds, Random& random,
                                  Duration from, Duration window, Duration pace);

// One to three changes of `tape`: an entry is added, removed, moved, made longer or shorter or
// given another seed; the faults of `other` from some time on replace its own; an operation is
// removed.
Tape MutateTape(const Tape& tape, const Tape& other, Random& random);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_MUTATE_H_
