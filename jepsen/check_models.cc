#include "jepsen/check_models.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/linear/report_linear.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {
namespace {

Report CannotRun(Status error) {
  Report report;
  report.outcome = Outcome::kUnknown;
  report.verdict = Name(Verdict::kUnknown);
  report.error = std::move(error);
  return report;
}

Report RunLinear(const ModelRow& row, const History& history, const CheckOptions& options) {
  const auto model = MakeModel(row.name, options.initial);
  if (!model.ok()) return CannotRun(model.status());
  return ReportLinearizability(history, **model, options.limits, options.wants_page());
}

Report RunListAppend(const ModelRow&, const History& history, const CheckOptions& options) {
  return CheckListAppend(history, options.txn);
}

template <TxnKind kind, TxnReport (*check)(const TxnHistory&, const TxnOptions&)>
Report RunTxnFile(const std::string& path, const CheckOptions& options) {
  const auto history = ReadTxnHistoryFile(path, kind, options.read);
  return history.ok() ? check(*history, options.txn) : CannotRun(history.status());
}

Report RunRwRegister(const ModelRow&, const History& history, const CheckOptions& options) {
  return CheckRwRegister(history, options.txn);
}

Report RunBank(const ModelRow&, const History& history, const CheckOptions& options) {
  return CheckBank(history, options.bank);
}

Report RunSet(const ModelRow&, const History& history, const CheckOptions&) {
  return CheckSet(history);
}

Report RunSetFull(const ModelRow&, const History& history, const CheckOptions& options) {
  return CheckSetFull(history, options.stale_is_bad);
}

Report RunCounter(const ModelRow&, const History& history, const CheckOptions&) {
  return CheckCounter(history);
}

Report RunLongFork(const ModelRow&, const History& history, const CheckOptions& options) {
  return CheckLongFork(history, options.group_size);
}

Report RunComments(const ModelRow&, const History& history, const CheckOptions&) {
  return CheckComments(history);
}

Report RunSequential(const ModelRow&, const History& history, const CheckOptions&) {
  return CheckSequential(history);
}

constexpr ModelRow kTxnRows[] = {
    {"list-append", "[[:append k v] [:r k [v ...]] ...]: isolation of transactions", RunListAppend,
     RunTxnFile<TxnKind::kListAppend, CheckListAppend>},
    {"rw-register", "[[:w k v] [:r k v] ...]: the same", RunRwRegister,
     RunTxnFile<TxnKind::kRwRegister, CheckRwRegister>},
    {"bank", "read {account balance}: the total never changes", RunBank},
    {"set-final", "add v, read [v ...]: the last read has all (elle-cli's set)", RunSet},
    {"set-full", "add v, read [v ...]: nothing is lost by any read", RunSetFull},
    {"counter", "add n, read: within what was acknowledged and attempted", RunCounter},
    {"long-fork", "write [[:w k v]], read [[:r k v] ...]: one order of writes", RunLongFork},
    {"comments", "write v, read #{v ...}: who sees one sees those before it", RunComments},
    {"sequential", "read [k [newest ... oldest]]: no older one is missing", RunSequential},
};

}  // namespace

const std::vector<ModelRow>& ModelRows() {
  static const std::vector<ModelRow>* const rows = [] {
    auto* all = new std::vector<ModelRow>;
    for (const NamedModel& model : NamedModels()) {
      all->push_back({model.name, model.what, RunLinear});
    }
    all->insert(all->end(), std::begin(kTxnRows), std::end(kTxnRows));
    return all;
  }();
  return *rows;
}

const ModelRow* FindModel(std::string_view name) {
  const auto& rows = ModelRows();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [name](const ModelRow& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

std::string DescribeModels() {
  size_t width = 0;
  for (const ModelRow& row : ModelRows()) width = std::max(width, row.name.size());
  std::string out;
  for (const ModelRow& row : ModelRows()) {
    StrAppend(&out, "  ", row.name, std::string(width + 2 - row.name.size(), ' '), row.what, "\n");
  }
  return out;
}

}  // namespace quadraft::jepsen
