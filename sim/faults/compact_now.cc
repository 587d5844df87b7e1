// Nodes drop the beginning of their logs at any moment: what is applied everywhere (log
// compaction), or all that is applied here, so that whoever lags needs the state (snapshot).
#include <memory>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Compactions : public std::enable_shared_from_this<Compactions> {
 public:
  Compactions(FaultContext& context, ServerCommand command)
      : context_(context), command_(command) {}

  void Next() {
    if (over_) return;
    const NodeId node = context_.LeaderOrAny();
    // In an event of that node: a fault of its disk may end it meanwhile.
    if (context_.world->process(node).running()) {
      context_.world->Schedule(Duration(0), EventKind::kPost, context_.world->index_of(node), 0,
                               [self = shared_from_this(), node] { self->Do(node); });
    }
    context_.world->After(milliseconds(context_.random->Between(5, 300)),
                          [self = shared_from_this()] { self->Next(); });
  }
  void End() { over_ = true; }

 private:
  void Do(NodeId node) {
    if (!over_ && context_.command(node, command_)) ++*context_.effects;
  }

  FaultContext& context_;
  const ServerCommand command_;
  bool over_ = false;
};

Closure BeginCommand(FaultContext& context, ServerCommand command) {
  if (!context.command) return nullptr;
  auto compactions = std::make_shared<Compactions>(context, command);
  compactions->Next();
  return [compactions] { compactions->End(); };
}

}  // namespace

Closure BeginCompactNow(FaultContext& context) {
  return BeginCommand(context, ServerCommand::kCompactLog);
}

Closure BeginSnapshotNow(FaultContext& context) {
  return BeginCommand(context, ServerCommand::kSnapshot);
}

}  // namespace quadraft::sim
