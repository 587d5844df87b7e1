// The leader is told to hand its leadership to another node, again and again.
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Transfers : public std::enable_shared_from_this<Transfers> {
 public:
  explicit Transfers(FaultContext& context) : context_(context) {}

  void Next() {
    Count();
    if (over_) return;
    const NodeId leader = context_.leader ? context_.leader() : NodeId{};
    if (leader != NodeId{} && context_.command(leader, ServerCommand::kTransferLeadership)) {
      from_ = leader;
    }
    context_.world->After(milliseconds(context_.random->Between(20, 700)),
                          [self = shared_from_this()] { self->Next(); });
  }
  void End() {
    over_ = true;
    Count();
  }

 private:
  // An effect: another one leads.
  void Count() {
    const NodeId leader = context_.leader ? context_.leader() : NodeId{};
    if (from_ == NodeId{} || leader == NodeId{}) return;
    if (leader != from_) ++*context_.effects;
    from_ = NodeId{};
  }

  FaultContext& context_;
  NodeId from_;  // Zero: no transfer was begun.
  bool over_ = false;
};

}  // namespace

Closure BeginLeaderTransfer(FaultContext& context) {
  if (!context.command) return nullptr;
  auto transfers = std::make_shared<Transfers>(context);
  transfers->Next();
  return [transfers] { transfers->End(); };
}

}  // namespace quadraft::sim
