#include "jepsen/txn/polygraph.h"

#include <algorithm>
#include <utility>

#include "core/base/strings.h"

namespace quadraft::jepsen {

StatusOr<Polygraph> Polygraph::Build(const TxnHistory& history, const VersionIndex& versions,
                                     Isolation isolation, const Orders& orders) {
  Polygraph graph(history, versions, isolation);
  graph.node_of_.assign(history.size(), kNoTxn);
  for (uint32_t t = 0; t < history.size(); ++t) {
    if (!versions.committed(t)) continue;
    graph.node_of_[t] = static_cast<uint32_t>(graph.txns_.size());
    graph.txns_.push_back(t);
  }
  if (graph.nodes() > kPolygraphNodesMax) {
    return ResourceExhausted(graph.txns_.size(), " transactions; at most ",
                             kPolygraphNodesMax >> graph.shift_, " are decided this way");
  }
  size_t choices = 0;
  for (KeyId key = 0; key < history.keys(); ++key) {
    size_t writers = 0;
    for (VersionId v = versions.begin(key); v < versions.end(key); ++v) {
      writers += versions.writer(v) != kNoTxn ? 1 : 0;
    }
    choices += writers * (writers - (writers > 0 ? 1 : 0)) / 2;
  }
  if (choices > kPolygraphChoicesMax) {
    return ResourceExhausted(choices, " pairs of writes; at most ", kPolygraphChoicesMax,
                             " are decided this way");
  }
  for (KeyId key = 0; key < history.keys(); ++key) graph.AddKey(key);
  if (orders.process) graph.AddProcesses();
  if (orders.realtime) graph.AddRealtime();
  return graph;
}

void Polygraph::AddKey(KeyId key) {
  std::vector<VersionId> written;
  for (VersionId v = versions_->begin(key); v < versions_->end(key); ++v) {
    const uint32_t writer = versions_->writer(v);
    if (writer == kNoTxn) continue;
    for (const uint32_t reader : versions_->readers(v)) AddCertain(writer, reader, EdgeKind::kWr);
    for (const uint32_t reader : versions_->readers(versions_->begin(key))) {
      AddCertain(reader, writer, EdgeKind::kRw);
    }
    for (const VersionId other : written) choices_.push_back({key, other, v});
    written.push_back(v);
  }
}

void Polygraph::AddProcesses() {
  std::vector<uint32_t> last(history_->processes().size(), kNoTxn);
  for (const uint32_t t : txns_) {
    uint32_t& before = last[history_->txn(t).process];
    if (before != kNoTxn) AddCertain(before, t, EdgeKind::kProcess);
    before = history_->txn(t).ok() ? t : kNoTxn;
  }
}

// From all that completed before, but for those that another one of them follows.
void Polygraph::AddRealtime() {
  std::vector<uint32_t> by_end;
  for (const uint32_t t : txns_) {
    if (history_->txn(t).ok()) by_end.push_back(t);
  }
  std::sort(by_end.begin(), by_end.end(), [this](uint32_t a, uint32_t b) {
    return history_->txn(a).completed < history_->txn(b).completed;
  });
  std::vector<uint32_t> frontier;
  size_t done = 0;
  for (const uint32_t t : txns_) {
    for (; done < by_end.size() && history_->txn(by_end[done]).completed < history_->txn(t).invoked;
         ++done) {
      const Txn& newest = history_->txn(by_end[done]);
      std::erase_if(frontier, [&](uint32_t other) {
        return history_->txn(other).completed < newest.invoked;
      });
      frontier.push_back(by_end[done]);
    }
    for (const uint32_t before : frontier) AddCertain(before, t, EdgeKind::kRealtime);
  }
}

std::string Polygraph::Why(const PolyArc& arc, std::string_view a, std::string_view b) const {
  const uint32_t from = txn(arc.from);
  const uint32_t to = txn(arc.to);
  const auto value = [this](VersionId version) {
    return history_->ValueName(versions_->value(version));
  };
  if (arc.kind == EdgeKind::kProcess) {
    return StrCat("process ", history_->processes()[history_->txn(from).process], " ran ", a,
                  " before ", b);
  }
  if (arc.kind == EdgeKind::kRealtime) {
    return StrCat(a, " completed (event ", history_->txn(from).completed, ") before ", b,
                  " was invoked (event ", history_->txn(to).invoked, ")");
  }
  if (arc.choice != kNoChoice) {
    const PolyChoice& choice = choices_[arc.choice];
    const VersionId before = arc.way ? choice.first : choice.second;
    const VersionId after = arc.way ? choice.second : choice.first;
    return StrCat(a, arc.kind == EdgeKind::kWw ? " set key " : " read key ",
                  history_->KeyName(choice.key), arc.kind == EdgeKind::kWw ? " to " : " = ",
                  value(before), ", and ", b, " set it to ", value(after),
                  ", which must come later");
  }
  for (const Access& x : versions_->accesses(from)) {
    for (const Access& y : versions_->accesses(to)) {
      if (x.key != y.key) continue;
      if (arc.kind == EdgeKind::kWr && x.write != kNoVersionId && x.write == y.read) {
        return StrCat(a, " wrote key ", history_->KeyName(x.key), " = ", value(x.write), " and ", b,
                      " read it");
      }
      const bool read_nil = x.read != kNoVersionId && versions_->is_nil(x.key, x.read);
      if (arc.kind == EdgeKind::kRw && read_nil && y.write != kNoVersionId) {
        return StrCat(a, " read key ", history_->KeyName(x.key), " as still nil, before ", b,
                      " set it to ", value(y.write));
      }
    }
  }
  return StrCat(a, " and ", b, " depend on each other");
}

}  // namespace quadraft::jepsen
