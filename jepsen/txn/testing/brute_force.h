// The definitions themselves, tried out one by one: what the checkers are held against. Histories
// of some six transactions only.
#ifndef QUADRAFT_JEPSEN_TXN_TESTING_BRUTE_FORCE_H_
#define QUADRAFT_JEPSEN_TXN_TESTING_BRUTE_FORCE_H_

#include "jepsen/txn/analysis.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

// Is there an order of the transactions (of those in info: any choice of them) that, run one after
// the other, gives each ok one what it read? True to processes and real time as `orders` says.
bool IsSerializable(const TxnHistory& history, const Orders& orders);

// Is there an order of commits, and for each transaction a snapshot of the state after some of the
// commits before its own, such that all read from their snapshots and none writes a key that was
// committed between its snapshot and its own commit? (Generalized snapshot isolation: the snapshot
// may be old.)
bool IsSnapshotIsolated(const TxnHistory& history);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_TESTING_BRUTE_FORCE_H_
