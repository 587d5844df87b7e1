// rw-register: values are unique, so a read tells its writer; the order of writes is inferred.
#include <algorithm>
#include <utility>

#include "core/base/strings.h"
#include "jepsen/txn/analysis.h"
#include "jepsen/txn/assemble.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/register_anomalies.h"
#include "jepsen/txn/solve_levels.h"
#include "jepsen/txn/txn_history.h"
#include "jepsen/txn/version_index.h"
#include "jepsen/txn/version_order.h"
#include "jepsen/txn/write_index.h"

namespace quadraft::jepsen {
namespace {

// wr: who wrote what was read. ww and rw: as far as the order of versions is known.
class RwRegister {
 public:
  RwRegister(const TxnHistory& history, const VersionIndex& versions,
             const std::vector<VersionEdge>& order)
      : history_(history), versions_(versions), order_(order) {}

  void AddEdges(DepGraph::Builder* builder) const {
    for (KeyId key = 0; key < history_.keys(); ++key) {
      const VersionId nil = versions_.begin(key);
      const auto nil_readers = versions_.readers(nil);
      for (VersionId v = nil + 1; v < versions_.end(key); ++v) {
        const uint32_t writer = versions_.writer(v);
        if (writer == kNoTxn) continue;
        for (const uint32_t reader : versions_.readers(v)) {
          builder->Add(writer, reader, EdgeKind::kWr);
        }
        for (const uint32_t reader : nil_readers) builder->Add(reader, writer, EdgeKind::kRw);
      }
    }
    for (const VersionEdge& edge : order_) {
      const uint32_t after = versions_.writer(edge.after);
      if (after == kNoTxn) continue;
      const uint32_t before = versions_.writer(edge.before);
      if (before != kNoTxn) builder->Add(before, after, EdgeKind::kWw);
      for (const uint32_t reader : versions_.readers(edge.before)) {
        builder->Add(reader, after, EdgeKind::kRw);
      }
    }
  }

  std::string Why(uint32_t from, uint32_t to, EdgeKind kind, std::string_view a,
                  std::string_view b) const {
    for (const Access& x : versions_.accesses(from)) {
      for (const Access& y : versions_.accesses(to)) {
        if (x.key != y.key) continue;
        const std::string key = history_.KeyName(x.key);
        if (kind == EdgeKind::kWr && x.write != kNoVersionId && x.write == y.read) {
          return StrCat(a, " wrote key ", key, " = ", Value(x.write), " and ", b, " read it");
        }
        if (kind == EdgeKind::kWw && IsBefore(x.key, x.write, y.write)) {
          return StrCat(a, " set key ", key, " to ", Value(x.write), ", and ", b, " set it to ",
                        Value(y.write), ", which came later");
        }
        if (kind == EdgeKind::kRw && IsBefore(x.key, x.read, y.write)) {
          return StrCat(a, " read key ", key, " = ", Value(x.read), ", and ", b, " set it to ",
                        Value(y.write), ", which came later");
        }
      }
    }
    return StrCat(a, " and ", b, " depend on each other");
  }

 private:
  std::string Value(VersionId version) const {
    return history_.ValueName(versions_.value(version));
  }

  bool IsBefore(KeyId key, VersionId before, VersionId after) const {
    if (before == kNoVersionId || after == kNoVersionId) return false;
    if (versions_.is_nil(key, before)) return after != before;
    const VersionEdge wanted{key, before, after};
    const auto less = [](const VersionEdge& a, const VersionEdge& b) {
      if (a.key != b.key) return a.key < b.key;
      return a.before != b.before ? a.before < b.before : a.after < b.after;
    };
    return std::binary_search(order_.begin(), order_.end(), wanted, less);
  }

  const TxnHistory& history_;
  const VersionIndex& versions_;
  const std::vector<VersionEdge>& order_;
};

}  // namespace

TxnReport CheckRwRegister(const TxnHistory& history, const TxnOptions& options) {
  if (history.kind() != TxnKind::kRwRegister) {
    return CannotJudge(InvalidArgument("these are no rw-register transactions"));
  }
  const auto orders = OrdersOf(options);
  if (!orders.ok()) return CannotJudge(orders.status());
  const auto writes = WriteIndex::Build(history);
  if (!writes.ok()) return CannotJudge(writes.status());
  const VersionIndex versions(history, *writes);
  CaseList cases(options.cases_max);
  const size_t garbage =
      FindRegisterAnomalies(history, *writes, versions, options.garbage_allowed, &cases);
  const std::vector<VersionEdge> order = OrderVersions(history, versions, options, &cases);
  const RwRegister analysis(history, versions, order);
  DepGraph::Builder builder(history);
  analysis.AddEdges(&builder);
  AddOrders(*orders, &builder);
  const auto graph = std::move(builder).Finish();
  if (!graph.ok()) return CannotJudge(graph.status());
  const WhyEdge why = [&analysis](uint32_t from, uint32_t to, EdgeKind kind, std::string_view a,
                                  std::string_view b) {
    return analysis.Why(from, to, kind, a, b);
  };
  AddCycles(history, *graph, options, why, &cases);
  std::string undecided;
  if (options.solve) undecided = SolveLevels(history, versions, options, &cases);
  TxnReport report = Assemble(history, *graph, options, std::move(cases));
  if (garbage > 0 && options.garbage_allowed) {
    report.remarks.push_back(StrCat(garbage, " reads of values that nobody wrote"));
  }
  if (!undecided.empty()) {
    report.remarks.push_back(undecided);
    if (report.outcome == Outcome::kGood) {
      report.outcome = Outcome::kUnknown;
      report.verdict = "unknown";
      report.explanation = undecided + "\n";
    }
  }
  for (const std::string& remark : report.remarks) StrAppend(&report.summary, "; ", remark);
  return report;
}

TxnReport CheckRwRegister(const History& history, const TxnOptions& options) {
  const auto packed = PackHistory(history, TxnKind::kRwRegister);
  if (!packed.ok()) return CannotJudge(packed.status());
  return CheckRwRegister(*packed, options);
}

}  // namespace quadraft::jepsen
