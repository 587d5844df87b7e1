// One node crashes again and again, each time soon after it has started: within its first events
// (in the middle of its recovery) or a while later.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class CrashLoop : public std::enable_shared_from_this<CrashLoop> {
 public:
  CrashLoop(FaultContext& context, NodeId node, int rounds, uint64_t events_max)
      : context_(context),
        node_(node),
        process_(context.world->process(node)),
        rounds_(rounds),
        events_max_(events_max) {}

  void Begin() {
    watch_ = process_.Watch([self = shared_from_this()] { self->AfterEvent(); });
    Crash();
  }

  void End() {
    over_ = true;
    process_.Unwatch(watch_);
    context_.restart(node_, milliseconds(context_.random->Between(1, 300)));
  }

 private:
  void Crash() {
    if (crashes_ > 0) ++*context_.effects;  // The first one is only its beginning.
    ++crashes_;
    left_ = 1 + context_.random->Below(events_max_);
    process_.Crash(context_.random->OneIn(2) ? CrashKind::kPower : CrashKind::kKill);
    context_.restart(node_, milliseconds(context_.random->Between(1, 100)));
  }

  void AfterEvent() {
    if (over_ || crashes_ > rounds_ || --left_ > 0) return;
    Crash();
  }

  FaultContext& context_;
  const NodeId node_;
  Process& process_;
  const int rounds_;
  const uint64_t events_max_;
  uint64_t watch_ = 0;
  int crashes_ = 0;
  uint64_t left_ = 0;
  bool over_ = false;
};

Closure BeginLoop(FaultContext& context, int rounds, uint64_t events_max) {
  const NodeId node = context.LeaderOrAny();
  if (!context.world->process(node).running()) return nullptr;
  auto loop = std::make_shared<CrashLoop>(context, node, rounds, events_max);
  loop->Begin();
  return [loop] { loop->End(); };
}

}  // namespace

Closure BeginCrashLoop(FaultContext& context) {
  return BeginLoop(context, static_cast<int>(context.random->Between(2, 8)), 500);
}

// Once, among the first 60 events after a start.
Closure BeginCrashInRecovery(FaultContext& context) { return BeginLoop(context, 1, 60); }

}  // namespace quadraft::sim
