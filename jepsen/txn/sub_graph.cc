#include "jepsen/txn/sub_graph.h"

#include <algorithm>

namespace quadraft::jepsen {

SubGraph::SubGraph(const DepGraph& graph, const std::vector<uint32_t>& members)
    : members_(members) {
  while (txns_ < members_.size() && !graph.is_barrier(members_[txns_])) ++txns_;
  const auto local = [this](uint32_t node) {
    const auto found = std::lower_bound(members_.begin(), members_.end(), node);
    if (found == members_.end() || *found != node) return kNoNode;
    return static_cast<uint32_t>(found - members_.begin());
  };
  begin_.reserve(members_.size() + 1);
  begin_.push_back(0);
  std::vector<DepGraph::Edge> own;
  for (const uint32_t member : members_) {
    own.clear();
    graph.ForEach(member, [&](uint32_t to, EdgeKind kind) {
      if (const uint32_t target = local(to); target != kNoNode) own.push_back({target, kind});
    });
    std::sort(own.begin(), own.end(), [](const DepGraph::Edge& a, const DepGraph::Edge& b) {
      return a.to != b.to ? a.to < b.to : a.kind < b.kind;
    });
    for (size_t i = 0; i < own.size(); ++i) {
      const bool same_target = i > 0 && own[i].to == own[i - 1].to;
      if (same_target && (own[i].kind == own[i - 1].kind || own[i].kind == EdgeKind::kRw)) continue;
      edges_.push_back(own[i]);
      kinds_ |= MaskOf(own[i].kind);
    }
    begin_.push_back(static_cast<uint32_t>(edges_.size()));
  }
}

}  // namespace quadraft::jepsen
