// Histories in a few letters, for tests.
//
//   ax1 append 1 to x      wx1 write x = 1      rx12 read x as [1 2] (lists), x = 1 then 2 is none
//   rx  read x as empty    rx_ read x as nil    (registers)
// One transaction per word: an optional process and outcome, then the operations:
//   "ax1ay1 fail:ax2 3:rx12 3:info:ax4"
// Without processes each transaction has its own.
#ifndef QUADRAFT_JEPSEN_TXN_TESTING_SHORTHAND_H_
#define QUADRAFT_JEPSEN_TXN_TESTING_SHORTHAND_H_

#include <string_view>

#include "jepsen/history/history.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

enum class Timing {
  kConcurrent,  // All are invoked before any completes.
  kSequential,  // Each completes before the next is invoked.
};

History FromShorthand(std::string_view text, TxnKind kind, Timing timing);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_TESTING_SHORTHAND_H_
