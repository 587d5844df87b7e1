// A set that is only added to, judged by its last read.
#include <map>
#include <set>

#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {

Report CheckSet(const History& history) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  const std::vector<size_t> reads = OkInOrder(*operations, "read");
  if (reads.empty()) return NothingRead("set");
  const Operation& last = (*operations)[reads.back()];
  if (!last.output.is_sequence() && last.output.kind() != Value::Kind::kSet) {
    return NotThisWorkload(InvalidArgument("a set's read is a list: ", last.ToString()));
  }
  std::set<std::string> seen;
  for (const Value& element : last.output.items()) seen.insert(element.ToString());
  CaseList cases(kCasesKept);
  std::set<std::string> attempted;
  for (size_t i = 0; i < operations->size(); ++i) {
    const Operation& add = (*operations)[i];
    if (add.f != "add") continue;
    const std::string element = add.input.ToString();
    attempted.insert(element);
    if (add.outcome == EventType::kOk && !seen.contains(element)) {
      cases.Add("lost", {i, reads.back()}, [&] {
        return StrCat("element ", element, " was added (", add.ToString(),
                      ") and is not in the last read");
      });
    }
  }
  for (const std::string& element : seen) {
    if (attempted.contains(element)) continue;
    cases.Add("unexpected", {reads.back()},
              [&] { return StrCat("nobody added ", element, ", but the last read has it"); });
  }
  return Judge("set",
               StrCat(operations->size(), " operations, ", attempted.size(),
                      " elements attempted, ", seen.size(), " read"),
               std::move(cases));
}

}  // namespace quadraft::jepsen
