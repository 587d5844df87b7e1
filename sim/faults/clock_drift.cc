// The clock of one node, monotonic time and timers included, runs 1 to 30 percent too fast or too
// slow. Nothing but speed may rest on it.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClockDrift(FaultContext& context) {
  Process& process = context.world->process(context.LeaderOrAny());
  if (process.clock_rate() != 0) return nullptr;
  const int64_t ppm = context.random->Between(10'000, 300'000);
  process.SetClockRate(context.random->OneIn(2) ? ppm : -ppm);
  const Duration apart = process.local_time() - context.world->now();
  return [&context, &process, apart] {
    // It ran, by a clock that went astray.
    if (process.running() && process.local_time() - context.world->now() != apart) {
      ++*context.effects;
    }
    process.SetClockRate(0);
  };
}

}  // namespace quadraft::sim
