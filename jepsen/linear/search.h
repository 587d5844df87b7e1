// The search for an order of one object's operations. Internal to the checker: callers use
// checker.h.
//
// Words. Definite operations completed ok: each must be placed before its return. Open operations
// have an unknown end: each may be placed after its invoke, or left out. The window: operations
// invoked before the first return whose operation is not yet placed.
//
// Four facts keep the space small (each drops only configurations that another visited one
// dominates, i.e. the same state with no fewer operations left to choose from and no more left to
// do):
//  1. A pure operation that fits now is placed now, without a choice.
//  2. Of open operations of one class, the one invoked first is placed first.
//  3. An open operation that does not change the state is not placed.
//  4. An open operation is placed only if the operation right after it comes out differently
//  because of it.
#ifndef QUADRAFT_JEPSEN_LINEAR_SEARCH_H_
#define QUADRAFT_JEPSEN_LINEAR_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jepsen/linear/checker.h"
#include "jepsen/linear/config_set.h"

namespace quadraft::jepsen {

struct SearchResult {
  Verdict verdict = Verdict::kOk;
  uint64_t configurations = 0;
  uint64_t steps = 0;
  bool memory_reached = false;  // Of kUnknown: else the steps were.
  // Of a violation: the longest order found and the window after it, as indexes into the
  // operations.
  std::vector<uint32_t> prefix;
  std::vector<uint32_t> stuck;
};

// `operations` in order of invoke, all ok or info, no pure info among them; `machine` was compiled
// from them.
SearchResult SearchOrder(const std::vector<const Operation*>& operations, Machine* machine,
                         const Limits& limits);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_SEARCH_H_
