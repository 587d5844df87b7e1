// SIGSTOP of one node for as long as the fault lasts. An effect: something came due meanwhile.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginPause(FaultContext& context) {
  Process& process = context.world->process(context.LeaderOrAny());
  if (!process.running() || process.paused()) return nullptr;
  process.Pause();
  return [&process, incarnation = process.incarnation(), effects = context.effects] {
    if (process.incarnation() != incarnation) return;
    *effects += process.parked_events();
    process.Resume();
  };
}

}  // namespace quadraft::sim
