// Who must come before whom: data dependencies, order within processes, real time.
//
// Real time would be a quadratic number of edges. Instead there is a chain of barriers: a
// transaction that completes leads to the barrier then current, and each barrier to the next one
// and to the transactions invoked after it and before the next. So real time costs two numbers per
// transaction, and T1 -> barriers -> T2 holds exactly when T1 completed before T2 was invoked.
// Barriers follow the transactions in the numbering of nodes.
//
//   DepGraph::Builder builder(history);
//   builder.Add(t1, t2, EdgeKind::kWr);
//   builder.AddRealtime();
//   DepGraph graph = *std::move(builder).Finish();
//   for (std::vector<uint32_t>& members : CyclicComponents(graph)) ...
#ifndef QUADRAFT_JEPSEN_TXN_DEP_GRAPH_H_
#define QUADRAFT_JEPSEN_TXN_DEP_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/txn/scc.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

// In the order in which an edge that is several is explained.
enum class EdgeKind : uint8_t { kWw, kWr, kRw, kProcess, kRealtime };
std::string_view Name(EdgeKind kind);  // "ww", "wr", "rw", "process", "realtime".

using KindMask = uint8_t;
constexpr KindMask MaskOf(EdgeKind kind) {
  return static_cast<KindMask>(1u << static_cast<unsigned>(kind));
}
inline constexpr KindMask kWwMask = MaskOf(EdgeKind::kWw);
inline constexpr KindMask kWrMask = MaskOf(EdgeKind::kWr);
inline constexpr KindMask kRwMask = MaskOf(EdgeKind::kRw);
inline constexpr KindMask kProcessMask = MaskOf(EdgeKind::kProcess);
inline constexpr KindMask kRealtimeMask = MaskOf(EdgeKind::kRealtime);

class DepGraph {
 public:
  struct Edge {
    uint32_t to;
    EdgeKind kind;
  };

  class Builder {
   public:
    explicit Builder(const TxnHistory& history) : history_(history) {}
    // Needs: both did not fail. An edge to itself is left out.
    void Add(uint32_t from, uint32_t to, EdgeKind kind) {
      if (from != to) edges_.push_back({from, to, kind});
    }
    void AddProcesses();
    void AddRealtime() { realtime_ = true; }
    // ResourceExhausted above 2^31 edges.
    StatusOr<DepGraph> Finish() &&;

   private:
    struct Arc {
      uint32_t from;
      uint32_t to;
      EdgeKind kind;
    };
    const TxnHistory& history_;
    std::vector<Arc> edges_;
    bool realtime_ = false;
  };

  uint32_t txns() const { return txns_; }
  uint32_t nodes() const { return txns_ + barriers_; }
  size_t edges() const { return to_.size(); }
  bool is_barrier(uint32_t node) const { return node >= txns_; }
  bool has_realtime() const { return barriers_ > 0; }

  // For scc.h: every kind, barriers too.
  uint32_t Next(uint32_t node, uint32_t* cursor) const;
  // Calls f(to, kind) for every edge of a node; those from and to barriers are kRealtime.
  template <typename F>
  void ForEach(uint32_t node, F f) const {
    if (is_barrier(node)) {
      const uint32_t barrier = node - txns_;
      if (barrier + 1 < barriers_) f(node + 1, EdgeKind::kRealtime);
      for (uint32_t t = first_after_[barrier]; t < first_after_[barrier + 1]; ++t) {
        f(t, EdgeKind::kRealtime);
      }
      return;
    }
    for (uint32_t i = begin_[node]; i < begin_[node + 1]; ++i) f(to_[i], kind_[i]);
    if (barriers_ > 0 && barrier_of_[node] != kNoNode) {
      f(txns_ + barrier_of_[node], EdgeKind::kRealtime);
    }
  }
  uint64_t memory_bytes() const;

 private:
  void BuildBarriers(const TxnHistory& history);

  uint32_t txns_ = 0;
  uint32_t barriers_ = 0;
  std::vector<uint32_t> begin_;  // Of a transaction's edges; one more than there are transactions.
  std::vector<uint32_t> to_;
  std::vector<EdgeKind> kind_;
  std::vector<uint32_t> barrier_of_;   // That a transaction leads to when it completes.
  std::vector<uint32_t> first_after_;  // First transaction invoked after a barrier; one more.
};

// The components with a cycle in them, each with its members in order; ordered by first member.
std::vector<std::vector<uint32_t>> CyclicComponents(const DepGraph& graph);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_DEP_GRAPH_H_
