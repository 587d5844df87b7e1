// A counter whose reads lie between what was acknowledged and what was attempted.
//
// A read may have happened at any moment while it was open, so its lowest bound is the lowest one
// of that time, and so for the highest: adds of negative numbers lower the low bound when they are
// attempted and the high bound when they are acknowledged.
#include <algorithm>
#include <map>

#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {
namespace {

// What the counter may be at a moment.
struct Bounds {
  int64_t low = 0;
  int64_t high = 0;

  // False on overflow.
  bool Attempt(int64_t n) {
    return !__builtin_add_overflow(n > 0 ? high : low, n, n > 0 ? &high : &low);
  }
  bool Acknowledge(int64_t n) {
    return !__builtin_add_overflow(n > 0 ? low : high, n, n > 0 ? &low : &high);
  }
};

}  // namespace

Report CheckCounter(const History& history) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  CaseList cases(kCasesKept);
  Bounds now;
  std::map<size_t, Bounds> open;  // Reads, with the widest bounds so far.
  size_t reads = 0;
  for (const Moment& moment : Moments(*operations)) {
    const Operation& operation = (*operations)[moment.operation];
    // What failed did not happen.
    if (operation.outcome == EventType::kFail) continue;
    const bool is_ok_end = !moment.is_invoke && operation.outcome == EventType::kOk;
    if (operation.f == "add") {
      if (!operation.input.is_int()) {
        return NotThisWorkload(InvalidArgument("a counter adds numbers: ", operation.ToString()));
      }
      const int64_t n = operation.input.as_int();
      if ((moment.is_invoke && !now.Attempt(n)) || (is_ok_end && !now.Acknowledge(n))) {
        return NotThisWorkload(
            InvalidArgument("the counter leaves 64 bits: ", operation.ToString()));
      }
      for (auto& [read, bounds] : open) {
        bounds.low = std::min(bounds.low, now.low);
        bounds.high = std::max(bounds.high, now.high);
      }
    } else if (operation.f == "read" && moment.is_invoke) {
      open[moment.operation] = now;
    } else if (operation.f == "read" && is_ok_end) {
      if (!operation.output.is_int()) {
        return NotThisWorkload(
            InvalidArgument("a counter's read is a number: ", operation.ToString()));
      }
      ++reads;
      const int64_t value = operation.output.as_int();
      const Bounds bounds = open[moment.operation];
      open.erase(moment.operation);
      if (value >= bounds.low && value <= bounds.high) continue;
      cases.Add("out-of-bounds", {moment.operation}, [&] {
        return StrCat("the counter was between ", bounds.low, " and ", bounds.high, ": ",
                      operation.ToString());
      });
    }
  }
  return Judge("counter", StrCat(operations->size(), " operations, ", reads, " reads"),
               std::move(cases));
}

}  // namespace quadraft::jepsen
