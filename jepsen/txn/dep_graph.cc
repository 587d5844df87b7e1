#include "jepsen/txn/dep_graph.h"

#include <algorithm>
#include <utility>

namespace quadraft::jepsen {

std::string_view Name(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kWw:
      return "ww";
    case EdgeKind::kWr:
      return "wr";
    case EdgeKind::kRw:
      return "rw";
    case EdgeKind::kProcess:
      return "process";
    case EdgeKind::kRealtime:
      return "realtime";
  }
  return "?";
}

void DepGraph::Builder::AddProcesses() {
  std::vector<uint32_t> last(history_.processes().size(), kNoTxn);
  for (uint32_t t = 0; t < history_.size(); ++t) {
    const Txn& txn = history_.txn(t);
    if (txn.failed()) continue;
    uint32_t& before = last[txn.process];
    if (before != kNoTxn) Add(before, t, EdgeKind::kProcess);
    // Nothing is known to follow what may still be under way.
    before = txn.ok() ? t : kNoTxn;
  }
}

StatusOr<DepGraph> DepGraph::Builder::Finish() && {
  constexpr size_t kEdgesMax = size_t{1} << 31;
  if (edges_.size() > kEdgesMax) {
    return ResourceExhausted("a graph of ", edges_.size(), " dependencies; at most ", kEdgesMax);
  }
  DepGraph graph;
  graph.txns_ = static_cast<uint32_t>(history_.size());
  graph.begin_.assign(graph.txns_ + 1, 0);
  for (const Arc& arc : edges_) ++graph.begin_[arc.from + 1];
  for (uint32_t t = 0; t < graph.txns_; ++t) graph.begin_[t + 1] += graph.begin_[t];
  graph.to_.resize(edges_.size());
  graph.kind_.resize(edges_.size());
  std::vector<uint32_t> place(graph.begin_.begin(), graph.begin_.end() - 1);
  for (const Arc& arc : edges_) {
    const uint32_t i = place[arc.from]++;
    graph.to_[i] = arc.to;
    graph.kind_[i] = arc.kind;
  }
  if (realtime_) graph.BuildBarriers(history_);
  return graph;
}

void DepGraph::BuildBarriers(const TxnHistory& history) {
  // Transactions stand in order of their invokes; here are those of ok ones in order of completion.
  constexpr uint32_t kNobody = kNoTxn;
  std::vector<uint32_t> completes(history.events(), kNobody);
  for (uint32_t t = 0; t < txns_; ++t) {
    const Txn& txn = history.txn(t);
    if (txn.ok()) completes[txn.completed] = t;
  }
  barrier_of_.assign(txns_, kNoNode);
  uint32_t barrier = 0;
  bool used = false;  // Whether somebody leads to the current barrier.
  uint32_t next = 0;  // The next one to be invoked.
  for (uint32_t event = 0; event < completes.size() && next < txns_; ++event) {
    if (completes[event] != kNobody) {
      barrier_of_[completes[event]] = barrier;
      used = true;
    } else if (history.txn(next).invoked == event) {
      if (used) {
        first_after_.push_back(next);
        ++barrier;
        used = false;
      }
      ++next;
    }
  }
  // Those that completed after the last invoke lead nowhere.
  barriers_ = barrier;
  for (uint32_t& of : barrier_of_) {
    if (of != kNoNode && of >= barriers_) of = kNoNode;
  }
  first_after_.push_back(txns_);
}

uint32_t DepGraph::Next(uint32_t node, uint32_t* cursor) const {
  const uint32_t step = (*cursor)++;
  if (!is_barrier(node)) {
    const uint32_t i = begin_[node] + step;
    if (i < begin_[node + 1]) return to_[i];
    if (i > begin_[node + 1] || barriers_ == 0 || barrier_of_[node] == kNoNode) return kNoNode;
    return txns_ + barrier_of_[node];
  }
  const uint32_t barrier = node - txns_;
  const uint32_t t = first_after_[barrier] + step;
  if (t < first_after_[barrier + 1]) return t;
  return t == first_after_[barrier + 1] && barrier + 1 < barriers_ ? node + 1 : kNoNode;
}

uint64_t DepGraph::memory_bytes() const {
  return 4 * (begin_.capacity() + to_.capacity() + barrier_of_.capacity() +
              first_after_.capacity()) +
         kind_.capacity();
}

std::vector<std::vector<uint32_t>> CyclicComponents(const DepGraph& graph) {
  const Components components = FindComponents(graph);
  std::vector<uint32_t> place(components.sizes.size(), kNoNode);
  std::vector<std::vector<uint32_t>> cyclic;
  for (uint32_t node = 0; node < graph.nodes(); ++node) {
    const uint32_t component = components.of[node];
    if (components.sizes[component] < 2) continue;
    if (place[component] == kNoNode) {
      place[component] = static_cast<uint32_t>(cyclic.size());
      cyclic.emplace_back();
      cyclic.back().reserve(components.sizes[component]);
    }
    cyclic[place[component]].push_back(node);
  }
  return cyclic;
}

}  // namespace quadraft::jepsen
