// A disk goes back to what it was when the fault began (a machine restored from a snapshot or a
// backup). All on it is whole and old: nothing on it can tell. Its node stays out, as with a lost
// disk.
#include <memory>

#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginStaleImage(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{} || context.world->process(node).retired()) return nullptr;
  Process& process = context.world->process(node);
  auto image = std::make_shared<const SimDisk::Image>(process.disk().TakeImage());
  return [&context, &process, node, image] {
    if (process.retired() || !context.MayBreak(node)) return;
    if (process.disk().TakeImage() == *image) return;
    process.Crash(CrashKind::kPower);
    process.disk().Restore(*image);
    context.Break(node);
    process.Retire();
    context.took_effect();
  };
}

}  // namespace quadraft::sim
