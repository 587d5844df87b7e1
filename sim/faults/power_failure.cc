// Every node loses power in the same instant (one rack, one fuse). What was acknowledged must be on
// the disks. Half of the time the fuse waits for a moment when a majority of the nodes has written
// something and not yet synced it.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

constexpr Duration kLook = microseconds(50);
constexpr Duration kPatience = milliseconds(300);
constexpr int64_t kAfterwardsMaxUs = 500;

class Fuse : public std::enable_shared_from_this<Fuse> {
 public:
  explicit Fuse(FaultContext* context)
      : context_(*context),
        random_(*context->random),
        effects_(context->effects),
        give_up_(context->world->now() + kPatience) {}

  void Look() {
    if (over_) return;
    size_t writing = 0;
    for (const NodeId node : context_.nodes) {
      if (context_.world->process(node).disk().syncs_under_way() > 0) ++writing;
    }
    if (writing * 2 > context_.nodes.size() || context_.world->now() >= give_up_) {
      const Duration afterwards = microseconds(random_.Between(0, kAfterwardsMaxUs));
      context_.world->After(afterwards, [self = shared_from_this()] { self->Blow(); });
      return;
    }
    context_.world->After(kLook, [self = shared_from_this()] { self->Look(); });
  }

  void Blow() {
    if (over_) return;
    for (const NodeId node : context_.nodes) {
      if (context_.world->process(node).running()) ++*effects_;
      context_.world->process(node).Crash(CrashKind::kPower);
    }
  }

  void End() {
    over_ = true;
    for (const NodeId node : context_.nodes) {
      context_.restart(node, milliseconds(random_.Between(1, 1000)));
    }
  }

 private:
  FaultContext& context_;
  Random random_;
  std::shared_ptr<uint64_t> effects_;
  Duration give_up_;
  bool over_ = false;
};

}  // namespace

Closure BeginPowerFailure(FaultContext& context) {
  const bool at_a_write = context.random->OneIn(2);
  auto fuse = std::make_shared<Fuse>(&context);
  at_a_write ? fuse->Look() : fuse->Blow();
  return [fuse] { fuse->End(); };
}

}  // namespace quadraft::sim
