// One node is stopped for 1.3 to 3 seconds, longer than any lease or election timeout, whatever the
// length of the fault; it wakes up believing what it believed.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginLongPause(FaultContext& context) {
  Process& process = context.world->process(context.LeaderOrAny());
  if (!process.running() || process.paused()) return nullptr;
  const Duration until = context.world->now() + milliseconds(context.random->Between(1300, 3000));
  process.Pause();
  const uint64_t incarnation = process.incarnation();
  const auto wake = [&process, incarnation] {
    if (process.incarnation() == incarnation) process.Resume();
  };
  context.world->After(until - context.world->now(), wake);
  return [&context, &process, incarnation, until] {
    const bool there = process.incarnation() == incarnation;
    if (there && (context.world->now() >= until || process.parked_events() > 0)) ++*context.effects;
  };
}

}  // namespace quadraft::sim
