// One node runs with caches, queues and batches of next to nothing, then with the usual ones again.
#include "sim/faults/restart_with.h"

namespace quadraft::sim {

Closure BeginMemoryLimit(FaultContext& context) {
  if (!context.configure) return nullptr;
  const NodeId node = context.LeaderOrAny();
  if (!RestartWith(context, node, {.small_memory = true})) {
    context.configure(node, {});
    return nullptr;
  }
  return [&context, node] { RestartWith(context, node, {}); };
}

}  // namespace quadraft::sim
