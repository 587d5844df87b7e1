// The wall clock of one node jumps by up to ten minutes either way and jumps back at the end.
// Monotonic time is not touched. An effect: the program read it meanwhile.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClockStep(FaultContext& context) {
  Process& process = context.world->process(context.AnyNode());
  const Duration step = milliseconds(context.random->Between(-600'000, 600'000));
  process.SetWallOffset(process.wall_offset() + step);
  return [&process, step, before = process.wall_reads(), effects = context.effects] {
    process.SetWallOffset(process.wall_offset() - step);
    *effects += process.wall_reads() - before;
  };
}

}  // namespace quadraft::sim
