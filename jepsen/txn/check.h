// Transactions judged from outside: which isolation levels can this history still be?
//
// After Elle (Alvaro & Kingsbury, VLDB 2020) and Adya's thesis: from what transactions read, infer
// who must come before whom (ww, wr, rw; order in a process and real time on top), and name every
// cycle. Two kinds of histories; f is free, the value is a list of micro-operations:
//   list-append   [[:append 3 2] [:r 3 [1 2]]]   A read shows the order of all writes before it.
//   rw-register   [[:w :x 1] [:r :y nil]]        Values are unique per key; the order of writes is
//                 inferred, and where it stays unknown, every order is tried (solve.h).
// A failed transaction did not happen; of one that ended in info, or never, the writes may have.
//
//   TxnReport report = CheckListAppend(history, {.consistency = {"serializable"}});
//   if (report.outcome != Outcome::kGood) std::cerr << report.explanation;
//   report.not_models;                                       // {"consistent-view", ...}
// A Status for a simulator's oracle: ToStatus(report). Deterministic: no clock, limits are counts.
#ifndef QUADRAFT_JEPSEN_TXN_CHECK_H_
#define QUADRAFT_JEPSEN_TXN_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/report/report.h"

namespace quadraft::jepsen {

class TxnHistory;

struct TxnOptions {
  // The levels that must hold, by Elle's names (consistency.h): "read-committed",
  // "snapshot-isolation", "serializable", "strong-session-serializable", "strict-serializable", ...
  std::vector<std::string> consistency = {"strict-serializable"};
  // Anomalies that are wrong whatever the level says: "G0", "lost-update", ...
  std::vector<std::string> anomalies;
  // Order within a process is only looked at apart from real time when a level asks for no more
  // than sessions, as in Elle. True: always, so that a broken session is told from broken real
  // time.
  bool sessions = false;
  // The report names at most so many cases of each anomaly; all are counted.
  size_t cases_max = 8;
  // Edges that the searches for short cycles may walk, per component. Reached: the cycles shown may
  // be longer than need be; the verdict does not change.
  uint64_t search_steps_max = 50'000'000;

  // rw-register only. How versions of a key are ordered, beyond: nil comes first.
  bool wfr_keys = false;           // A transaction's write follows what it read of that key.
  bool sequential_keys = false;    // Each key alone is sequentially consistent.
  bool linearizable_keys = false;  // Each key alone is linearizable.
  // A read of what nobody wrote is only remarked upon, as in Elle.
  bool garbage_allowed = false;
  // After the cycles, decide serializability or snapshot isolation over every order of versions
  // that is still possible.
  bool solve = true;
  uint64_t solve_conflicts_max = 2'000'000;  // Of the SAT solver. Reached: unknown.
};

struct TxnReport : Report {
  struct Count {
    std::string anomaly;
    size_t cases = 0;
    bool prohibited = false;  // By TxnOptions::consistency or anomalies; else only reported.
  };
  std::vector<Count> counts;            // Worst first; all that were found.
  std::vector<std::string> not_models;  // The weakest levels that this history cannot be.
  std::vector<std::string> also_not;    // The stronger ones that fall with them.
  std::vector<std::string> remarks;     // What is odd, but breaks nothing that was asked for.
  size_t transactions = 0;
  size_t edges = 0;
};

TxnReport CheckListAppend(const History& history, const TxnOptions& options = {});
TxnReport CheckRwRegister(const History& history, const TxnOptions& options = {});
// The same over transactions that are packed already (txn_history.h): for millions.
TxnReport CheckListAppend(const TxnHistory& history, const TxnOptions& options);
TxnReport CheckRwRegister(const TxnHistory& history, const TxnOptions& options);

// OK; FailedPrecondition with the explanation; the error when it could not be judged.
Status ToStatus(const Report& report);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_CHECK_H_
