// One node is started again with other sizes and bounds than before, and keeps them.
#include "sim/faults/restart_with.h"

namespace quadraft::sim {

Closure BeginOtherSettings(FaultContext& context) {
  if (!context.configure) return nullptr;
  const NodeId node = context.LeaderOrAny();
  if (!RestartWith(context, node, {.draw = context.random->Next() | 1})) return nullptr;
  return [] {};
}

}  // namespace quadraft::sim
