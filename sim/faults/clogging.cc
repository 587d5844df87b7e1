// Some links, clients' links among them, hold up everything for a while and then let it go at once
// (FoundationDB's clogging).
#include <utility>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClogging(FaultContext& context) {
  SimNetwork& network = context.world->network();
  std::vector<std::pair<NodeId, NodeId>> links;
  const auto maybe = [&](NodeId from, NodeId to) {
    if (from != to && context.random->OneIn(3)) links.emplace_back(from, to);
  };
  for (const NodeId from : context.nodes) {
    for (const NodeId to : context.nodes) maybe(from, to);
    for (const NodeId client : context.clients) {
      maybe(from, client);
      maybe(client, from);
    }
  }
  if (links.empty()) return nullptr;
  for (const auto& [from, to] : links) network.Clog(from, to);
  return [&network, links, before = network.counters().held, effects = context.effects] {
    for (const auto& [from, to] : links) network.Unclog(from, to);
    *effects += network.counters().held - before;
  };
}

}  // namespace quadraft::sim
