// Whoever comes to lead is cut off from all the others within milliseconds, and the one before it
// let back in, again and again: terms go by in which leaders append and hardly replicate (the
// schedules of figure 8 in the Raft paper).
#include <memory>

#include "sim/faults/cuts.h"

namespace quadraft::sim {
namespace {

constexpr Duration kLook = microseconds(100);
constexpr Duration kAloneMax = milliseconds(2500);
// Before its first entry has reached anyone, or while its first entries are on their way.
constexpr int64_t kAtOnceMaxUs = 300, kSoonMaxUs = 4000;

class Depose : public std::enable_shared_from_this<Depose> {
 public:
  explicit Depose(FaultContext* context)
      : context_(*context), random_(*context->random), cuts_(*context) {}

  void Look() {
    if (over_) return;
    const NodeId leader = context_.leader ? context_.leader() : NodeId{};
    if (!pending_ && leader != NodeId{} && leader != alone_) {
      pending_ = true;
      const int64_t within = random_.OneIn(2) ? kAtOnceMaxUs : kSoonMaxUs;
      const Duration soon = microseconds(random_.Between(0, within));
      context_.world->After(soon, [self = shared_from_this(), leader] { self->Isolate(leader); });
    }
    context_.world->After(kLook, [self = shared_from_this()] { self->Look(); });
  }

  void End() {
    over_ = true;
    Heal();
  }

 private:
  void Isolate(NodeId leader) {
    pending_ = false;
    if (over_) return;
    Heal();
    alone_ = leader;
    cuts_.Isolate(leader, context_.nodes);
    // Where no other leader can be elected without it, it is let back in.
    context_.world->After(kAloneMax, [self = shared_from_this(), turn = ++turn_] {
      if (turn == self->turn_) self->Heal();
    });
  }

  void Heal() {
    cuts_.Heal();
    alone_ = NodeId{};
  }

  FaultContext& context_;
  Random random_;
  Cuts cuts_;
  NodeId alone_;  // Zero: nobody.
  uint64_t turn_ = 0;
  bool pending_ = false;
  bool over_ = false;
};

}  // namespace

Closure BeginDepose(FaultContext& context) {
  auto depose = std::make_shared<Depose>(&context);
  depose->Look();
  return [depose] { depose->End(); };
}

}  // namespace quadraft::sim
