// SIGSTOP of one node; the fault lasts longer than any election timeout, so the others go on
// without it.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginPause(FaultContext& context) {
  Process& process = context.world->process(context.LeaderOrAny());
  if (!process.running() || process.paused()) return nullptr;
  process.Pause();
  return [&process, incarnation = process.incarnation()] {
    if (process.incarnation() == incarnation) process.Resume();
  };
}

}  // namespace quadraft::sim
