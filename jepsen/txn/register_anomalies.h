// What is wrong with reads and writes of registers by themselves, before any cycle: G1a, G1b,
// internal, future-read, garbage-read, lost-update.
#ifndef QUADRAFT_JEPSEN_TXN_REGISTER_ANOMALIES_H_
#define QUADRAFT_JEPSEN_TXN_REGISTER_ANOMALIES_H_

#include "jepsen/txn/cases.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"
#include "jepsen/txn/write_index.h"

namespace quadraft::jepsen {

// Reads of what nobody wrote are cases only when they are not allowed; returns how many there are.
size_t FindRegisterAnomalies(const TxnHistory& history, const WriteIndex& writes,
                             const VersionIndex& versions, bool garbage_allowed, CaseList* cases);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_REGISTER_ANOMALIES_H_
