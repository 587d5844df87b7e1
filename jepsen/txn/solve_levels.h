// Serializability and snapshot isolation of rw-register, decided over every order of versions that
// the known dependencies leave open.
//
// First an order itself is looked for: in real time (strict_search.h), else greedily (witness.h);
// that settles most good histories of any size. Else the pairs of writes whose order is open become
// choices (polygraph.h): saturation takes those with one way only, and a SAT solver the rest
// (saturate.h).
#ifndef QUADRAFT_JEPSEN_TXN_SOLVE_LEVELS_H_
#define QUADRAFT_JEPSEN_TXN_SOLVE_LEVELS_H_

#include <string>

#include "jepsen/txn/cases.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"

namespace quadraft::jepsen {

// Adds a case for the weakest levels that cannot hold and are not broken by the cases so far:
// "PL-3-cycle-exists" and the like. Returns what could not be decided and why, "" when nothing.
std::string SolveLevels(const TxnHistory& history, const VersionIndex& versions,
                        const TxnOptions& options, CaseList* cases);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_SOLVE_LEVELS_H_
