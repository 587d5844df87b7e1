// Members come and go: voters are removed, demoted, replaced jointly, the leader among them, and
// come back as learners that are promoted. When the fault has ended the operator brings the group
// back to all of its servers; until then no disk is broken for good (FaultContext::MayBreak), since
// a majority of what is left may be few.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Changes : public std::enable_shared_from_this<Changes> {
 public:
  explicit Changes(FaultContext& context) : context_(context) { ++*context_.members_changing; }

  void Next() {
    if (over_ && context_.members_whole()) {
      --*context_.members_changing;
      return;
    }
    // In an event of the leader, as an operator's request is.
    const NodeId leader = context_.leader();
    if (leader != NodeId{} && context_.world->process(leader).running()) {
      context_.world->Schedule(Duration(0), EventKind::kPost, context_.world->index_of(leader), 0,
                               [self = shared_from_this(), leader] { self->Do(leader); });
    }
    context_.world->After(milliseconds(context_.random->Between(10, over_ ? 100 : 500)),
                          [self = shared_from_this()] { self->Next(); });
  }
  void End() { over_ = true; }

 private:
  void Do(NodeId leader) {
    if (context_.change_members(leader, *context_.random, over_)) ++*context_.effects;
  }

  FaultContext& context_;
  bool over_ = false;
};

}  // namespace

Closure BeginMembershipChange(FaultContext& context) {
  if (!context.change_members || !context.broken->empty()) return nullptr;
  auto changes = std::make_shared<Changes>(context);
  changes->Next();
  return [changes] { changes->End(); };
}

}  // namespace quadraft::sim
