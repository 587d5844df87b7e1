// Judges of the small workloads of Jepsen and elle-cli, one file each (bank.cc, set.cc, ...). Each
// takes a history and fills a Report; its anomalies are its own.
//
//   Report report = CheckBank(history, {});
//   if (report.outcome == Outcome::kBad) std::cerr << report.explanation;
// kUnknown with an error: the history is none of that workload's. kUnknown without: nothing was
// read, so nothing is known.
#ifndef QUADRAFT_JEPSEN_TXN_WORKLOADS_H_
#define QUADRAFT_JEPSEN_TXN_WORKLOADS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "jepsen/history/history.h"
#include "jepsen/report/report.h"

namespace quadraft::jepsen {

struct BankOptions {
  std::optional<int64_t> total;  // Of all balances; as in the first read when not given.
  bool negative_allowed = false;
};
// read -> {account balance, ...}; transfer. Every read has the same accounts and total.
Report CheckBank(const History& history, const BankOptions& options);

// add v; read -> [v ...]. The last read has every acknowledged element and no stranger.
Report CheckSet(const History& history);

// The same, but every read counts: an element that was acknowledged or seen must stay.
// `linearizable`: also be seen by every read that is invoked after it was known.
Report CheckSetFull(const History& history, bool linearizable);

// add n; read -> number. A read is at least what was acknowledged when it began, and at most what
// was attempted when it ended (the other way round for negative n).
Report CheckCounter(const History& history);

// write [[:w k v]], each key once; read [[:r k v] ...]. No two reads of the same keys see writes in
// opposite orders. `group_size`: keys of each read; 0: any.
Report CheckLongFork(const History& history, size_t group_size);

// write v; read -> #{v ...}. Who sees a write sees all that completed before it began.
Report CheckComments(const History& history);

// read -> [key [newest ... oldest]]: the subkeys of a key are written oldest first, so none that is
// older than one seen is nil.
Report CheckSequential(const History& history);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_WORKLOADS_H_
