// Money moves between accounts, and every read sees all of it.
#include <map>

#include "core/base/strings.h"
#include "jepsen/txn/judge.h"
#include "jepsen/txn/workloads.h"

namespace quadraft::jepsen {
namespace {

using Accounts = std::map<std::string, const Value*>;  // By their text.

StatusOr<Accounts> AccountsOf(const Operation& read) {
  if (!read.output.is_map()) {
    return InvalidArgument("a bank's read is a map of balances: ", read.ToString());
  }
  Accounts accounts;
  const auto& items = read.output.items();
  for (size_t i = 0; i + 1 < items.size(); i += 2) accounts[items[i].ToString()] = &items[i + 1];
  return accounts;
}

class Bank {
 public:
  explicit Bank(const BankOptions& options) : options_(options) {}

  Status LookAt(size_t operation, const Operation& read) {
    QR_ASSIGN_OR_RETURN(const Accounts accounts, AccountsOf(read));
    if (first_.empty()) first_ = accounts;
    const std::initializer_list<size_t> who = {operation};
    const auto words = [&read](std::string_view what) {
      return StrCat(what, ": ", read.ToString());
    };
    int64_t sum = 0;
    bool negative = false;
    for (const auto& [account, balance] : accounts) {
      if (!first_.contains(account)) {
        cases_.Add("unexpected-key", who,
                   [&, account = account] { return words(StrCat("no account ", account)); });
        return OkStatus();
      }
      if (balance->is_nil()) {
        cases_.Add("nil-balance", who,
                   [&, account = account] { return words(StrCat("nothing in ", account)); });
        return OkStatus();
      }
      if (!balance->is_int() || __builtin_add_overflow(sum, balance->as_int(), &sum)) {
        return InvalidArgument("balances are whole numbers: ", read.ToString());
      }
      negative |= balance->as_int() < 0;
    }
    if (!total_.has_value()) total_ = options_.total.value_or(sum);
    if (sum != *total_) {
      cases_.Add("wrong-total", who,
                 [&] { return words(StrCat("the total is ", sum, ", not ", *total_)); });
    } else if (negative && !options_.negative_allowed) {
      cases_.Add("negative-value", who, [&] { return words("a balance below zero"); });
    }
    return OkStatus();
  }

  CaseList TakeCases() && { return std::move(cases_); }

 private:
  const BankOptions options_;
  CaseList cases_{kCasesKept};
  Accounts first_;
  std::optional<int64_t> total_;
};

}  // namespace

Report CheckBank(const History& history, const BankOptions& options) {
  const auto operations = history.Operations();
  if (!operations.ok()) return NotThisWorkload(operations.status());
  const std::vector<size_t> reads = OkInOrder(*operations, "read");
  if (reads.empty()) return NothingRead("bank");
  Bank bank(options);
  for (const size_t read : reads) {
    const Status looked = bank.LookAt(read, (*operations)[read]);
    if (!looked.ok()) return NotThisWorkload(looked);
  }
  return Judge("bank", StrCat(operations->size(), " operations, ", reads.size(), " reads"),
               std::move(bank).TakeCases());
}

}  // namespace quadraft::jepsen
