// membership-change: members come and go: voters are removed, demoted, replaced jointly, the leader
// among them, and come back as learners that are promoted. When the fault has ended the operator
// brings the group back to all of its servers; until that is seen no disk is broken for good
// (FaultContext::MayBreak), since a majority of what is left may be few.
//
// contested-change: whoever comes to lead is asked for a change at once, and cut off from all the
// others, or from all but one, before or while that is replicated: the next leader changes
// something else (Ongaro's schedule of 2015: two changes that do not know of each other).
#include <memory>

#include "sim/faults/cuts.h"

namespace quadraft::sim {
namespace {

constexpr Duration kLook = microseconds(100);
constexpr int64_t kAskMaxUs = 100;
// Before the change has reached anyone, or while it is on its way.
constexpr int64_t kAtOnceMaxUs = 300, kSoonMaxUs = 4000;
constexpr Duration kAloneMax = milliseconds(2500);

class Changes : public std::enable_shared_from_this<Changes> {
 public:
  explicit Changes(FaultContext& context)
      : context_(context), random_(*context.random), cuts_(context) {
    *context_.members_changing = true;
  }

  void Next() {
    if (over_) return Restore();
    Ask(context_.leader(), MemberStep::kAny);
    context_.world->After(milliseconds(random_.Between(10, 500)),
                          [self = shared_from_this()] { self->Next(); });
  }

  void Contest() {
    if (over_) return Restore();
    const NodeId leader = context_.leader();
    if (leader != NodeId{} && leader != seen_) {
      seen_ = leader;
      const Duration ask = microseconds(random_.Between(0, kAskMaxUs));
      const int64_t within = random_.OneIn(2) ? kAtOnceMaxUs : kSoonMaxUs;
      const Duration cut = ask + microseconds(random_.Between(0, within));
      context_.world->After(ask, [self = shared_from_this(), leader] {
        self->Ask(leader, self->random_.OneIn(3) ? MemberStep::kAny : MemberStep::kDropVoter);
      });
      context_.world->After(cut, [self = shared_from_this(), leader] { self->CutOff(leader); });
    }
    context_.world->After(kLook, [self = shared_from_this()] { self->Contest(); });
  }

  void End() {
    over_ = true;
    cuts_.Heal();
  }

 private:
  void Restore() {
    if (!*context_.members_changing) return;
    Ask(context_.leader(), MemberStep::kRestore);
    context_.world->After(milliseconds(random_.Between(10, 100)),
                          [self = shared_from_this()] { self->Restore(); });
  }

  // In an event of the leader, as an operator's request is.
  void Ask(NodeId leader, MemberStep step) {
    if (leader == NodeId{} || !context_.world->process(leader).running()) return;
    context_.world->Schedule(
        Duration(0), EventKind::kPost, context_.world->index_of(leader), 0,
        [self = shared_from_this(), leader, step] { self->Change(leader, step); });
  }

  // A node that was paused may have come to it late.
  void Change(NodeId leader, MemberStep step) {
    if (step == MemberStep::kRestore ? !*context_.members_changing : over_) return;
    if (context_.change_members(leader, random_, step)) ++*context_.effects;
  }

  void CutOff(NodeId leader) {
    if (over_) return;
    cuts_.Heal();
    const NodeId spared =
        random_.OneIn(2) ? context_.nodes[random_.Below(context_.nodes.size())] : NodeId{};
    for (const NodeId other : context_.nodes) {
      if (other != leader && other != spared) cuts_.AddBoth(leader, other);
    }
    context_.world->After(kAloneMax, [self = shared_from_this(), turn = ++turn_] {
      if (turn != self->turn_) return;
      self->cuts_.Heal();
      self->seen_ = NodeId{};
    });
  }

  FaultContext& context_;
  Random random_;
  Cuts cuts_;
  NodeId seen_;  // Who led when last looked.
  uint64_t turn_ = 0;
  bool over_ = false;
};

bool MayBegin(const FaultContext& context) {
  return context.change_members && context.leader && context.broken->empty();
}

}  // namespace

Closure BeginMembershipChange(FaultContext& context) {
  if (!MayBegin(context)) return nullptr;
  auto changes = std::make_shared<Changes>(context);
  changes->Next();
  return [changes] { changes->End(); };
}

Closure BeginContestedChange(FaultContext& context) {
  if (!MayBegin(context)) return nullptr;
  auto changes = std::make_shared<Changes>(context);
  changes->Contest();
  return [changes] { changes->End(); };
}

}  // namespace quadraft::sim
