// The search for an order of one object's operations. Internal to the checker: callers use
// checker.h.
//
// Words. Definite operations completed ok: each must be placed before its return. Open operations
// have an unknown end: each may be placed after its invoke, or left out. The window: operations
// invoked before the first return whose operation is not yet placed. Total operations are possible
// in every state, blind ones leave the same state whatever was before.
//
// What keeps the space small (each rule drops only configurations that a visited one dominates:
// the same state, no fewer operations left to choose from, no more left to do):
//  1. A pure operation that fits now is placed now, without a choice.
//  2. Of open operations of one class, the one invoked first is placed first; of definite ones, the
//     one that returns first.
//  3. An operation that need not be placed is not, when it does not change the state.
//  4. ... and is placed only if the operation right after it comes out differently because of it.
//  5. A total operation in the window when a blind one is placed, or when it would not change the
//     state, could stand right there unseen. It is relieved: from now on it may be placed, but need
//     not; at its return it may be hidden there. (So the orders of writes that overwrite each other
//     unseen are not told apart.)
//  6. A configuration is given up when one at least as good was visited (config_set.h): one that
//     used fewer of the open operations, or relieved more of the definite ones.
#ifndef QUADRAFT_JEPSEN_LINEAR_SEARCH_H_
#define QUADRAFT_JEPSEN_LINEAR_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jepsen/linear/checker.h"
#include "jepsen/linear/config_set.h"

namespace quadraft::jepsen {

inline constexpr size_t kStatesMax = 16;

struct SearchResult {
  Verdict verdict = Verdict::kOk;
  uint64_t configurations = 0;
  uint64_t steps = 0;
  bool memory_reached = false;  // Of kUnknown: else the steps were.
  // As indexes into the operations. kOk: an order of the whole; kViolation: the longest found.
  std::vector<uint32_t> order;
  // Of a violation: the window after it, first the operation that no order could place.
  std::vector<uint32_t> stuck;
  // The states, at most kStatesMax of them, that any order of what returned before it leads to.
  std::vector<uint32_t> states;
  bool more_states = false;
};

// `operations` in order of invoke, all ok or info, no pure info among them; `machine` was compiled
// from them.
SearchResult SearchOrder(const std::vector<const Operation*>& operations, Machine* machine,
                         const Limits& limits);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_SEARCH_H_
