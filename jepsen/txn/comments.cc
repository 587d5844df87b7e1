// Comments on comments: who sees one sees all that were there before it was begun.
#include <map>
#include <set>

#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {
namespace {

// Writes in order of completion; a write expects the first `expects` of them.
struct Write {
  size_t operation = 0;
  size_t expects = 0;
};

}  // namespace

Report CheckComments(const History& history) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  CaseList cases(kCasesKept);
  std::vector<std::string> completed;
  std::map<std::string, Write> writes;
  std::vector<size_t> reads;
  for (const Moment& moment : Moments(*operations)) {
    const Operation& operation = (*operations)[moment.operation];
    const bool is_ok_end = !moment.is_invoke && operation.outcome == EventType::kOk;
    if (operation.f == "write") {
      const std::string value = operation.input.ToString();
      if (moment.is_invoke) writes[value] = {moment.operation, completed.size()};
      if (is_ok_end) completed.push_back(value);
    } else if (operation.f == "read" && is_ok_end) {
      reads.push_back(moment.operation);
    }
  }
  for (const size_t index : reads) {
    const Operation& read = (*operations)[index];
    if (!read.output.is_sequence() && read.output.kind() != Value::Kind::kSet) {
      return NotThisWorkload(InvalidArgument("a read of comments is a set: ", read.ToString()));
    }
    std::set<std::string> seen;
    const Write* latest = nullptr;  // Of those seen, the one that expects most.
    for (const Value& value : read.output.items()) {
      std::string text = value.ToString();
      const auto found = writes.find(text);
      if (found != writes.end() && (latest == nullptr || found->second.expects > latest->expects)) {
        latest = &found->second;
      }
      seen.insert(std::move(text));
    }
    for (size_t i = 0; latest != nullptr && i < latest->expects; ++i) {
      if (seen.contains(completed[i])) continue;
      cases.Add("missing", {index, latest->operation}, [&] {
        return StrCat("the read of events ", read.invoked, " to ", read.completed, " saw ",
                      (*operations)[latest->operation].ToString(), ", but not ", completed[i],
                      ", which was written before that began");
      });
    }
  }
  return Judge("comment history",
               StrCat(operations->size(), " operations, ", reads.size(), " reads"),
               std::move(cases));
}

}  // namespace quadraft::jepsen
