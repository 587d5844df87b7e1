// list-append: every read of a list shows the order of the appends before it.
#include <utility>

#include "core/base/strings.h"
#include "jepsen/txn/analysis.h"
#include "jepsen/txn/assemble.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/list_anomalies.h"
#include "jepsen/txn/list_index.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {
namespace {

// ww: the append before. wr: who appended the last element read. rw: the append after what was
// read.
class ListAppend {
 public:
  ListAppend(const TxnHistory& history, const ListIndex& index)
      : history_(history), index_(index) {}

  void AddEdges(DepGraph::Builder* builder) const {
    const WriteIndex& writes = index_.writes();
    for (KeyId key = 0; key < history_.keys(); ++key) {
      for (uint32_t w = writes.begin(key); w < writes.end(key); ++w) {
        const uint32_t t = writes.entry(w).txn;
        if (history_.txn(t).failed()) continue;
        const uint32_t before = index_.VersionBefore(key, w);
        if (const uint32_t writer = index_.WriterOf(before); writer != kNoTxn) {
          builder->Add(writer, t, EdgeKind::kWw);
        }
        for (const uint32_t reader : index_.ReadersOf(before)) {
          builder->Add(reader, t, EdgeKind::kRw);
        }
      }
      for (uint32_t v = index_.versions_begin(key) + 1; v < index_.versions_end(key); ++v) {
        const uint32_t writer = index_.WriterOf(v);
        if (writer == kNoTxn) continue;
        for (const uint32_t reader : index_.ReadersOf(v)) {
          builder->Add(writer, reader, EdgeKind::kWr);
        }
      }
    }
    AddOddReads(builder);
  }

  std::string Why(uint32_t from, uint32_t to, EdgeKind kind, std::string_view a,
                  std::string_view b) const {
    const Txn& txn = history_.txn(to);
    for (uint32_t m = txn.mop_begin; m < txn.mop_end; ++m) {
      const Mop& mop = history_.all_mops()[m];
      const bool is_append = mop.kind == MopKind::kWrite;
      if (mop.kind == MopKind::kUnknown || is_append == (kind == EdgeKind::kWr)) continue;
      std::string why = kind == EdgeKind::kWr   ? WhyWr(from, mop, a, b)
                        : kind == EdgeKind::kWw ? WhyWw(from, mop, a, b)
                                                : WhyRw(from, mop, a, b);
      if (!why.empty()) return why;
    }
    return StrCat(a, " and ", b, " depend on each other");
  }

 private:
  // Reads whose last element has no place in the key's order.
  void AddOddReads(DepGraph::Builder* builder) const {
    for (uint32_t t = 0; t < history_.size(); ++t) {
      if (history_.txn(t).failed()) continue;
      for (const Mop& mop : history_.mops(t)) {
        if (mop.kind != MopKind::kRead || mop.size == 0) continue;
        if (index_.VersionRead(mop) != kNoVersion) continue;
        const uint32_t writer = WriterOfLast(mop);
        if (writer != kNoTxn && !history_.txn(writer).failed()) {
          builder->Add(writer, t, EdgeKind::kWr);
        }
      }
    }
  }

  uint32_t WriterOfLast(const Mop& read) const {
    const WriteIndex& writes = index_.writes();
    const uint32_t write = writes.Find(read.key, history_.elements(read).back());
    return write == kNoWrite ? kNoTxn : writes.entry(write).txn;
  }

  std::string Key(const Mop& mop) const { return history_.KeyName(mop.key); }
  std::string Value(ValueId value) const { return history_.ValueName(value); }

  std::string WhyWr(uint32_t from, const Mop& read, std::string_view a, std::string_view b) const {
    if (read.size == 0 || WriterOfLast(read) != from) return "";
    return StrCat(a, " appended ", Value(history_.elements(read).back()), " to key ", Key(read),
                  " and ", b, " read it");
  }

  uint32_t VersionBefore(const Mop& append) const {
    const uint32_t write = index_.writes().Find(append.key, append.value);
    return index_.VersionBefore(append.key, write);
  }

  std::string WhyWw(uint32_t from, const Mop& append, std::string_view a,
                    std::string_view b) const {
    const uint32_t before = VersionBefore(append);
    if (index_.WriterOf(before) != from) return "";
    return StrCat(b, " appended ", Value(append.value), " to key ", Key(append), " after ", a,
                  " appended ", Value(index_.value_of(before)));
  }

  std::string WhyRw(uint32_t from, const Mop& append, std::string_view a,
                    std::string_view b) const {
    const uint32_t before = VersionBefore(append);
    for (const uint32_t reader : index_.ReadersOf(before)) {
      if (reader != from) continue;
      if (before == index_.versions_begin(append.key)) {
        return StrCat(a, " read key ", Key(append), " as still empty, before ", b, " appended ",
                      Value(append.value));
      }
      return StrCat(a, " read key ", Key(append), " up to ", Value(index_.value_of(before)),
                    ", before ", b, " appended ", Value(append.value));
    }
    return "";
  }

  const TxnHistory& history_;
  const ListIndex& index_;
};

}  // namespace

TxnReport CheckListAppend(const TxnHistory& history, const TxnOptions& options) {
  if (history.kind() != TxnKind::kListAppend) {
    return CannotJudge(InvalidArgument("these are no list-append transactions"));
  }
  const auto orders = OrdersOf(options);
  if (!orders.ok()) return CannotJudge(orders.status());
  const auto index = ListIndex::Build(history);
  if (!index.ok()) return CannotJudge(index.status());
  CaseList cases(options.cases_max);
  FindListAnomalies(history, *index, &cases);
  const ListAppend analysis(history, *index);
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
  return Assemble(history, *graph, options, std::move(cases));
}

TxnReport CheckListAppend(const History& history, const TxnOptions& options) {
  const auto packed = PackHistory(history, TxnKind::kListAppend);
  if (!packed.ok()) return CannotJudge(packed.status());
  return CheckListAppend(*packed, options);
}

}  // namespace quadraft::jepsen
