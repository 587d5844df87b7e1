// The clock of one node stands still, and its timers with it, while it hears and answers; then it
// goes on from where it stood.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClockFreeze(FaultContext& context) {
  if (context.clock_drift_ppm_max > 0) return nullptr;  // That is outside of every bound.
  Process& process = context.world->process(context.LeaderOrAny());
  if (process.clock_rate() != 0) return nullptr;
  process.SetClockRate(Process::kClockStands);
  const Duration apart = process.local_time() - context.world->now();
  return [&context, &process, apart] {
    if (process.running() && process.local_time() - context.world->now() != apart) {
      ++*context.effects;
    }
    process.SetClockRate(0);
  };
}

}  // namespace quadraft::sim
