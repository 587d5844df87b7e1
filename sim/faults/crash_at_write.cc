// One node loses power when it has written something and not yet synced it: after one of its next
// twenty events of that kind.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginCrashAtWrite(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  const auto left = std::make_shared<uint64_t>(1 + context.random->Below(20));
  const uint64_t watch = process.Watch([&context, &process, left] {
    if (process.disk().syncs_under_way() == 0 || *left == 0 || --*left > 0) return;
    ++*context.effects;
    process.Crash(CrashKind::kPower);
  });
  return [&context, &process, node, watch, left] {
    process.Unwatch(watch);
    if (*left == 0) context.restart(node, milliseconds(context.random->Between(1, 1000)));
  };
}

}  // namespace quadraft::sim
