// One node loses power, or is killed, right after one of its next 4096 events, whichever that is.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginCrashAtEvent(FaultContext& context) {
  const NodeId node = context.LeaderOrAny();
  Process& process = context.world->process(node);
  if (!process.running()) return nullptr;
  const CrashKind kind = context.random->OneIn(3) ? CrashKind::kKill : CrashKind::kPower;
  const uint64_t events_max = uint64_t{1} << context.random->Between(3, 12);  // Mostly soon.
  const auto left = std::make_shared<uint64_t>(1 + context.random->Below(events_max));
  const uint64_t watch = process.Watch([&context, &process, kind, left] {
    if (*left == 0 || --*left > 0) return;
    ++*context.effects;
    process.Crash(kind);
  });
  return [&context, &process, node, watch, left] {
    process.Unwatch(watch);
    if (*left == 0) context.restart(node, milliseconds(context.random->Between(1, 1000)));
  };
}

}  // namespace quadraft::sim
