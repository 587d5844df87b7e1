// Two reads that see two writes in opposite orders: parallel snapshot isolation at best.
//
// Of reads of the same keys, the sets of writes seen must form a chain. Sorted by size, each must
// include the one before; so no pairs are compared but neighbours.
#include <algorithm>
#include <map>

#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {
namespace {

struct Seen {
  size_t operation = 0;
  std::vector<std::string> values;  // By key in order; "nil" for what is not there yet.
  size_t present = 0;
};

class LongFork {
 public:
  LongFork(const std::vector<Operation>& operations, size_t group_size)
      : operations_(operations), group_size_(group_size) {}

  Status Run() {
    for (size_t i = 0; i < operations_.size(); ++i) {
      const Operation& operation = operations_[i];
      const bool ok = operation.outcome == EventType::kOk;
      const Value& txn = ok ? operation.output : operation.input;
      if (!txn.is_sequence()) continue;
      std::map<std::string, std::string> reads;
      for (const Value& mop : txn.items()) {
        if (!mop.is_sequence() || mop.items().size() < 2 || !mop.items()[0].is_name()) {
          return InvalidArgument("no micro-operation [f key value]: ", mop.ToString());
        }
        const std::string& f = mop.items()[0].text();
        const std::string key = mop.items()[1].ToString();
        if (f == "r") {
          reads[key] = mop.items().size() == 3 ? mop.items()[2].ToString() : "nil";
        } else if (f == "w") {
          if (!written_.emplace(key, i).second) {
            return InvalidArgument("long-fork writes each key once, but key ", key,
                                   " twice: ", operation.ToString());
          }
        } else {
          return InvalidArgument("long-fork has :r and :w, not ", mop.ToString());
        }
      }
      if (ok && !reads.empty()) QR_RETURN_IF_ERROR(AddRead(i, reads));
    }
    for (auto& [keys, group] : groups_) QR_RETURN_IF_ERROR(LookAtGroup(keys, &group));
    return OkStatus();
  }

  size_t groups() const { return groups_.size(); }
  CaseList TakeCases() && { return std::move(cases_); }

 private:
  using Keys = std::vector<std::string>;

  Status AddRead(size_t operation, const std::map<std::string, std::string>& reads) {
    if (group_size_ > 0 && reads.size() != group_size_) {
      return InvalidArgument("a read of ", reads.size(), " keys; the group size is ", group_size_,
                             ": ", operations_[operation].ToString());
    }
    Keys keys;
    Seen seen{operation, {}, 0};
    for (const auto& [key, value] : reads) {
      keys.push_back(key);
      seen.values.push_back(value);
      seen.present += value == "nil" ? 0 : 1;
    }
    groups_[keys].push_back(std::move(seen));
    return OkStatus();
  }

  Status LookAtGroup(const Keys& keys, std::vector<Seen>* group) {
    std::stable_sort(group->begin(), group->end(),
                     [](const Seen& a, const Seen& b) { return a.present < b.present; });
    for (size_t i = 1; i < group->size(); ++i) {
      const Seen& less = (*group)[i - 1];
      const Seen& more = (*group)[i];
      bool fork = false;
      for (size_t k = 0; k < keys.size(); ++k) {
        if (less.values[k] == "nil" || less.values[k] == more.values[k]) continue;
        if (more.values[k] != "nil") {
          return InvalidArgument("key ", keys[k], " was read as ", less.values[k], " and as ",
                                 more.values[k], ", but each key is written once");
        }
        fork = true;
      }
      if (!fork) continue;
      cases_.Add("long-fork", {less.operation, more.operation}, [&] {
        return StrCat("each of these saw a write that the other did not: ",
                      operations_[less.operation].ToString(), " and ",
                      operations_[more.operation].ToString());
      });
    }
    return OkStatus();
  }

  const std::vector<Operation>& operations_;
  const size_t group_size_;
  std::map<std::string, size_t> written_;
  std::map<Keys, std::vector<Seen>> groups_;
  CaseList cases_{kCasesKept};
};

}  // namespace

Report CheckLongFork(const History& history, size_t group_size) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  LongFork check(*operations, group_size);
  const Status run = check.Run();
  if (!run.ok()) return NotThisWorkload(run);
  const size_t groups = check.groups();
  if (groups == 0) return NothingRead("history without long forks");
  return Judge("history without long forks",
               StrCat(operations->size(), " operations, ", groups, " groups of keys"),
               std::move(check).TakeCases());
}

}  // namespace quadraft::jepsen
