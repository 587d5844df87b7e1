// What the judges of small workloads share.
#ifndef QUADRAFT_JEPSEN_TXN_JUDGE_H_
#define QUADRAFT_JEPSEN_TXN_JUDGE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/history.h"
#include "jepsen/report/report.h"
#include "jepsen/txn/cases.h"

namespace quadraft::jepsen {

inline constexpr size_t kCasesKept = 8;  // Of each kind, in words.

// Operations with their ends in order of events.
struct Moment {
  size_t operation = 0;
  bool is_invoke = true;
};
// Completions in info count as such; what never completed has none.
std::vector<Moment> Moments(const std::vector<Operation>& operations);

// Indexes of the ok operations of that f, in order of their completions.
std::vector<size_t> OkInOrder(const std::vector<Operation>& operations, std::string_view f);

// Good when there is no case; else bad, in words.
Report Judge(std::string_view model, std::string summary, CaseList cases);
Report NothingRead(std::string_view model);
Report NotThisWorkload(Status error);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_JUDGE_H_
