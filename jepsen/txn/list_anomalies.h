// What is wrong with reads and appends of lists by themselves, before any cycle: G1a, G1b,
// internal, future-read, dirty-update, duplicate-elements, incompatible-order, garbage-read,
// lost-update.
#ifndef QUADRAFT_JEPSEN_TXN_LIST_ANOMALIES_H_
#define QUADRAFT_JEPSEN_TXN_LIST_ANOMALIES_H_

#include "jepsen/txn/cases.h"
#include "jepsen/txn/list_index.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

void FindListAnomalies(const TxnHistory& history, const ListIndex& index, CaseList* cases);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_LIST_ANOMALIES_H_
