// A node that is killed and started again with other settings.
#ifndef QUADRAFT_SIM_FAULTS_RESTART_WITH_H_
#define QUADRAFT_SIM_FAULTS_RESTART_WITH_H_

#include "sim/faults/fault.h"

namespace quadraft::sim {

// An effect, and true: it ran, and is on its way up again.
inline bool RestartWith(FaultContext& context, NodeId node, const ServerConfig& settings) {
  context.configure(node, settings);
  Process& process = context.world->process(node);
  if (!process.running()) return false;
  process.Crash(CrashKind::kKill);
  context.restart(node, milliseconds(context.random->Between(1, 100)));
  ++*context.effects;
  return true;
}

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_RESTART_WITH_H_
