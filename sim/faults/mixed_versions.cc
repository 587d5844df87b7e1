// Some nodes run an older version, which speaks an older protocol, and are upgraded one at a time
// at the end.
#include <vector>

#include "sim/faults/restart_with.h"

namespace quadraft::sim {

Closure BeginMixedVersions(FaultContext& context) {
  if (!context.configure) return nullptr;
  std::vector<NodeId> older;
  for (const NodeId node : context.nodes) {
    if (!context.random->OneIn(2)) continue;
    if (RestartWith(context, node, {.older_version = true})) {
      older.push_back(node);
    } else {
      context.configure(node, {});
    }
  }
  if (older.empty()) return nullptr;
  return [&context, older] {
    Duration at{0};
    for (const NodeId node : older) {
      context.configure(node, {});  // Whoever starts it next upgrades it.
      at += milliseconds(context.random->Between(1, 300));
      context.world->After(at, [&context, node] { RestartWith(context, node, {}); });
    }
  };
}

}  // namespace quadraft::sim
