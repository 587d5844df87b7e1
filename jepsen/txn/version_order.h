// What is known of the order of each key's versions in rw-register, by the rules that were asked
// for (TxnOptions): "this version came before that one".
//
// A rule that makes the versions of a key come before themselves is no rule for that key: its edges
// are left out there, and the cycle is reported (cyclic-versions).
#ifndef QUADRAFT_JEPSEN_TXN_VERSION_ORDER_H_
#define QUADRAFT_JEPSEN_TXN_VERSION_ORDER_H_

#include <vector>

#include "jepsen/txn/cases.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"

namespace quadraft::jepsen {

struct VersionEdge {
  KeyId key = 0;
  VersionId before = 0;
  VersionId after = 0;
};

// Sorted by key; without those from nil, which is before all.
std::vector<VersionEdge> OrderVersions(const TxnHistory& history, const VersionIndex& versions,
                                       const TxnOptions& options, CaseList* cases);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_VERSION_ORDER_H_
