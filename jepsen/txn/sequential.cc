// A process writes the subkeys of a key one after the other; readers ask for the newest first.
#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {

Report CheckSequential(const History& history) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  CaseList cases(kCasesKept);
  const std::vector<size_t> reads = OkInOrder(*operations, "read");
  if (reads.empty()) return NothingRead("sequential history");
  for (const size_t index : reads) {
    const Operation& read = (*operations)[index];
    const auto& pair = read.output.items();
    if (!read.output.is_sequence() || pair.size() != 2 || !pair[1].is_sequence()) {
      return NotThisWorkload(
          InvalidArgument("a sequential read is [key [values]]: ", read.ToString()));
    }
    bool seen = false;
    bool bad = false;
    for (const Value& value : pair[1].items()) {
      bad |= seen && value.is_nil();
      seen |= !value.is_nil();
    }
    if (!bad) continue;
    cases.Add("trailing-nil", {index}, [&] {
      return StrCat("an older subkey is missing where a newer one is there: ", read.ToString());
    });
  }
  return Judge("sequential history",
               StrCat(operations->size(), " operations, ", reads.size(), " reads"),
               std::move(cases));
}

}  // namespace quadraft::jepsen
