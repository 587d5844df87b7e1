// A serial order that explains a history of registers, found greedily: a proof that it is
// serializable. That none is found proves nothing. (In real time: strict_search.h.)
//
// Transactions are placed one after the other. One is ready when those that it reads from (and
// those before it in its process) are placed; it may write a key only when all readers of the key's
// current version are placed, so reads come true by themselves. Only the order of blind writes is a
// guess: whoever was invoked first.
#ifndef QUADRAFT_JEPSEN_TXN_WITNESS_H_
#define QUADRAFT_JEPSEN_TXN_WITNESS_H_

#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"

namespace quadraft::jepsen {

// `processes`: true to the order within each process.
bool FindWitness(const TxnHistory& history, const VersionIndex& versions, bool processes);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_WITNESS_H_
