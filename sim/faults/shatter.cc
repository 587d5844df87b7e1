// No node hears any other one: a cluster of islands.
#include "sim/faults/cuts.h"

namespace quadraft::sim {

Closure BeginShatter(FaultContext& context) {
  if (context.nodes.size() < 2) return nullptr;
  Cuts cuts(context);
  for (const NodeId a : context.nodes) {
    for (const NodeId b : context.nodes) {
      if (a != b) cuts.Add(a, b);
    }
  }
  return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
}

}  // namespace quadraft::sim
