// Is a history of registers strictly serializable? Decided by looking for the order itself, like a
// checker of linearizability (Wing & Gong, Lowe): at any size, as long as not too many transactions
// overlap.
//
// The next one in the order is one of those that were invoked before the first end that is still to
// come. It must read what is current, and it may write a key only when nobody else still has to
// read the key's current version. Who only reads, or writes only what it read, can go at once: that
// is never wrong. Only blind writes are choices; a version whose writer or reader ended before one
// of another version's began comes before that (Gibbons & Korach's zones), which settles most of
// them. Dead ends go back to the last choice; configurations (what is placed, what is current) met
// before are dead ends at once. They are remembered by 128-bit hashes.
#ifndef QUADRAFT_JEPSEN_TXN_STRICT_SEARCH_H_
#define QUADRAFT_JEPSEN_TXN_STRICT_SEARCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"

namespace quadraft::jepsen {

struct StrictSearch {
  enum class Answer : uint8_t { kFound, kNone, kGaveUp };
  Answer answer = Answer::kGaveUp;
  // kNone: of the longest order, the transactions that could not follow, the first few.
  size_t placed_max = 0;
  std::vector<uint32_t> stuck;
};

// `steps_max`: transactions placed, those taken back included, beyond one for each.
StrictSearch SearchStrictOrder(const TxnHistory& history, const VersionIndex& versions,
                               uint64_t steps_max);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_STRICT_SEARCH_H_
