// No node hears any other one: a cluster of islands.
#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

template <typename Fn>
void ForEachLink(const std::vector<NodeId>& nodes, Fn fn) {
  for (const NodeId a : nodes) {
    for (const NodeId b : nodes) {
      if (a != b) fn(a, b);
    }
  }
}

}  // namespace

Closure BeginShatter(FaultContext& context) {
  if (context.nodes.size() < 2) return nullptr;
  SimNetwork& network = context.world->network();
  ForEachLink(context.nodes, [&](NodeId a, NodeId b) { network.Cut(a, b); });
  return [&network, nodes = context.nodes] {
    ForEachLink(nodes, [&](NodeId a, NodeId b) { network.Heal(a, b); });
  };
}

}  // namespace quadraft::sim
