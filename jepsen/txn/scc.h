// Strongly connected components: Tarjan's algorithm without recursion, over anything that can name
// a node's successors one by one.
//
// A Graph has
//   uint32_t nodes() const;
//   uint32_t Next(uint32_t node, uint32_t* cursor) const;   // kNoNode after the last one; the
//                                                           // cursor starts at 0 and is opaque.
//   Components c = FindComponents(graph);
//   c.of[node];                       // Numbered against the edges: u -> v means of[u] >= of[v].
#ifndef QUADRAFT_JEPSEN_TXN_SCC_H_
#define QUADRAFT_JEPSEN_TXN_SCC_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace quadraft::jepsen {

inline constexpr uint32_t kNoNode = std::numeric_limits<uint32_t>::max();

struct Components {
  std::vector<uint32_t> of;     // Node to component.
  std::vector<uint32_t> sizes;  // Of each component.
};

template <typename Graph>
Components FindComponents(const Graph& graph) {
  struct Frame {
    uint32_t node;
    uint32_t cursor;
  };
  constexpr uint32_t kUnseen = 0;
  const uint32_t nodes = graph.nodes();
  Components result;
  result.of.assign(nodes, kNoNode);
  std::vector<uint32_t> order(nodes, kUnseen);  // From 1, in order of discovery.
  std::vector<uint32_t> low(nodes);
  std::vector<uint32_t> stack;
  std::vector<Frame> frames;
  uint32_t clock = 0;
  const auto enter = [&](uint32_t node) {
    order[node] = low[node] = ++clock;
    stack.push_back(node);
    frames.push_back({node, 0});
  };
  const auto close = [&](uint32_t root) {
    const auto component = static_cast<uint32_t>(result.sizes.size());
    uint32_t size = 0;
    uint32_t member = kNoNode;
    do {
      member = stack.back();
      stack.pop_back();
      result.of[member] = component;
      ++size;
    } while (member != root);
    result.sizes.push_back(size);
  };
  for (uint32_t start = 0; start < nodes; ++start) {
    if (order[start] != kUnseen) continue;
    enter(start);
    while (!frames.empty()) {
      Frame& top = frames.back();
      const uint32_t node = top.node;
      const uint32_t next = graph.Next(node, &top.cursor);
      if (next == kNoNode) {
        frames.pop_back();
        if (low[node] == order[node]) close(node);
        if (!frames.empty()) {
          uint32_t& parent_low = low[frames.back().node];
          parent_low = std::min(parent_low, low[node]);
        }
      } else if (order[next] == kUnseen) {
        enter(next);
      } else if (result.of[next] == kNoNode) {
        low[node] = std::min(low[node], order[next]);
      }
    }
  }
  return result;
}

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_SCC_H_
