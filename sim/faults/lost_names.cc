// A node loses power in the middle of an event, at one of its next operations on names, and every
// file that was created, renamed or removed since its directory was last synced is as it was.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginLostNames(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  auto cut = std::make_shared<bool>(false);
  process.disk().DieAtNth(kDiskName, 1 + context.random->Below(12), [&context, &process, cut] {
    if (process.disk().unsynced_names() > 0) {
      context.took_effect();
      process.disk().set_next_crash(CrashStyle::kLoseAll);
    }
    *cut = true;
    process.Crash(CrashKind::kPower);
  });
  return [&context, &process, node, cut] {
    process.disk().DieAtNth(0, 0, nullptr);
    if (*cut) context.restart(node, milliseconds(context.random->Between(1, 500)));
  };
}

}  // namespace quadraft::sim
