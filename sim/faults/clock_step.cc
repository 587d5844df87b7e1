// The wall clock of one node jumps by up to ten minutes either way and jumps back at the end.
// Monotonic time is not touched.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClockStep(FaultContext& context) {
  Process& process = context.world->process(context.AnyNode());
  const Duration step = milliseconds(context.random->Between(-600'000, 600'000));
  process.SetWallOffset(process.wall_offset() + step);
  return [&process, step] { process.SetWallOffset(process.wall_offset() - step); };
}

}  // namespace quadraft::sim
