// One component of a dependency graph on its own, its nodes numbered from 0: what cycles are
// searched in.
//
// Edges of a node are sorted by target, then kind, and each stands once; an rw edge between two
// that are ww or wr anyhow is left out, for the cycle through it is worse without it.
#ifndef QUADRAFT_JEPSEN_TXN_SUB_GRAPH_H_
#define QUADRAFT_JEPSEN_TXN_SUB_GRAPH_H_

#include <cstdint>
#include <vector>

#include "jepsen/txn/dep_graph.h"

namespace quadraft::jepsen {

class SubGraph {
 public:
  // `members` in order.
  SubGraph(const DepGraph& graph, const std::vector<uint32_t>& members);

  uint32_t nodes() const { return static_cast<uint32_t>(members_.size()); }
  bool is_barrier(uint32_t node) const { return node >= txns_; }
  uint32_t member(uint32_t node) const { return members_[node]; }
  uint32_t begin(uint32_t node) const { return begin_[node]; }
  uint32_t end(uint32_t node) const { return begin_[node + 1]; }
  const DepGraph::Edge& edge(uint32_t i) const { return edges_[i]; }
  KindMask kinds() const { return kinds_; }

 private:
  std::vector<uint32_t> members_;
  uint32_t txns_ = 0;
  std::vector<uint32_t> begin_;
  std::vector<DepGraph::Edge> edges_;
  KindMask kinds_ = 0;
};

// A sub graph seen through a mask of kinds. With `rw_apart`, rw edges are there too, but never two
// in a row: node 2x is x after any other edge, 2x + 1 is x after an rw edge. (A cycle there is one
// whose rw edges are not adjacent.)
class View {
 public:
  View(const SubGraph& graph, KindMask mask, bool rw_apart = false)
      : graph_(graph), mask_(mask), shift_(rw_apart ? 1 : 0) {}

  uint32_t nodes() const { return graph_.nodes() << shift_; }
  uint32_t base(uint32_t node) const { return node >> shift_; }
  bool is_barrier(uint32_t node) const { return graph_.is_barrier(base(node)); }
  // The node that is `x` after an edge of that kind.
  uint32_t Arrive(uint32_t x, EdgeKind kind) const {
    return (x << shift_) | (shift_ == 1 && kind == EdgeKind::kRw ? 1u : 0u);
  }
  uint32_t Start(uint32_t x) const { return x << shift_; }
  // The cursor counts edges from the node's first.
  uint32_t Next(uint32_t node, uint32_t* cursor) const {
    EdgeKind kind;
    return Next(node, cursor, &kind);
  }
  uint32_t Next(uint32_t node, uint32_t* cursor, EdgeKind* kind) const {
    const uint32_t x = base(node);
    const bool after_rw = shift_ == 1 && (node & 1) != 0;
    for (uint32_t i = graph_.begin(x) + *cursor; i < graph_.end(x); ++i) {
      const DepGraph::Edge& edge = graph_.edge(i);
      const bool is_rw = edge.kind == EdgeKind::kRw;
      const bool passes = (MaskOf(edge.kind) & mask_) != 0 || (is_rw && shift_ == 1 && !after_rw);
      if (!passes) continue;
      *cursor = i - graph_.begin(x) + 1;
      *kind = edge.kind;
      return Arrive(edge.to, edge.kind);
    }
    return kNoNode;
  }

 private:
  const SubGraph& graph_;
  KindMask mask_;
  uint32_t shift_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_SUB_GRAPH_H_
