// A disk stands still for one to six seconds: nothing that is asked for meanwhile ends sooner.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginStalledDisk(FaultContext& context) {
  SimDisk& disk = context.world->process(context.LeaderOrAny()).disk();
  disk.StallUntil(context.world->now() + milliseconds(context.random->Between(1000, 6000)));
  return [&context, &disk, before = disk.stalls()] {
    disk.StallUntil(Duration(0));  // What is under way still takes its time.
    if (disk.stalls() > before) context.took_effect();
  };
}

}  // namespace quadraft::sim
