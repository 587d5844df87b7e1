// Is there an order of the operations, true to real time, that the sequential object could have
// given? (Herlihy & Wing 1990.)
//
// The search is Wing & Gong's with Lowe's memory of configurations ("Testing for linearizability",
// 2017) and P-compositionality (Horn & Kroening, FORTE 2015). A configuration is (first unfinished
// return, set of open operations already placed, state); search.h says which are not looked at. It
// is exact: no hash stands for a set. Deterministic: no clock; the limits are counts.
//
//   CheckResult result = CheckLinearizable(history, *CasRegisterModel());
//   if (result.verdict != Verdict::kOk) std::cerr << result.explanation;
#ifndef QUADRAFT_JEPSEN_LINEAR_CHECKER_H_
#define QUADRAFT_JEPSEN_LINEAR_CHECKER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/linear/model.h"

namespace quadraft::jepsen {

enum class Verdict : uint8_t { kOk, kViolation, kUnknown };
std::string_view Name(Verdict verdict);  // "linearizable", "NOT-linearizable", "unknown".

struct Limits {
  // Of the memory of configurations, per object. Reached: kUnknown.
  uint64_t memory_bytes_max = uint64_t{1} << 30;
  // Of the steps of the machine, over the whole history. Reached: kUnknown.
  uint64_t steps_max = uint64_t{2'000'000'000};
};

// An operation that could not follow, and why.
struct StuckOperation {
  size_t operation = 0;  // Index into History::Operations().
  std::string why;
};

// What was found out about one object. Operations are indexes into History::Operations().
struct ObjectResult {
  std::string name;  // "" when there is only one.
  Verdict verdict = Verdict::kOk;
  std::vector<size_t> operations;  // In order of invoke; without fails and unread reads.
  // kOk: an order of all of them (of those whose result is unknown, only such as happened).
  // kViolation: the longest that can be ordered.
  std::vector<size_t> order;
  std::string initial;              // The state at first, in words,
  std::vector<std::string> states;  // and after each of `order`.
  // Of a violation: first the operation that no order could place, then the others of its window.
  std::vector<StuckOperation> stuck;
  std::string explanation;  // "" when kOk.
};

struct CheckResult {
  Verdict verdict = Verdict::kOk;
  // In words; empty when kOk. For a violation: the object, the longest part that can be ordered,
  // the state it leads to, and why none of the operations that must follow can. For kUnknown: which
  // limit was reached, or why the history could not be judged.
  std::string explanation;
  // kUnknown because the history itself is wrong (a completion without invoke, an operation that is
  // none of the model's): the reason; OK otherwise.
  Status error;
  size_t operations = 0;  // That took part: fails and unread reads do not.
  size_t partitions = 0;
  uint64_t configurations = 0;  // Visited.
  // Of a violation: indexes into History::Operations(), the longest order found, and those that
  // could not follow.
  std::vector<size_t> prefix;
  std::vector<size_t> stuck;
  std::vector<ObjectResult> objects;  // With Evidence::kOrders only.
};

enum class Evidence : uint8_t {
  kVerdict,  // Stops at the first violation.
  kOrders,   // Judges every object and keeps the order found for each.
};

// Checks every object in turn; the first violation wins over an unknown.
CheckResult CheckLinearizable(const History& history, const Model& model, const Limits& limits = {},
                              Evidence evidence = Evidence::kVerdict);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_CHECKER_H_
