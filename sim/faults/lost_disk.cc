// A whole disk is lost. Its node must not come back under its number: an empty disk knows nothing of
// the votes and entries that it had promised to keep. Half of the time somebody starts it again all
// the same, and it must be refused; in some of those the other servers are cut in two, so that it
// may find company that knows as little. When the fault ends a spare server takes its place, if
// there is one.
#include <memory>

#include "sim/faults/cuts.h"
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {
namespace {

constexpr int64_t kBackMaxMs = 300;

// Everybody loses one of the others.
void CutOneOff(FaultContext& context, NodeId lost, Cuts* cuts) {
  const NodeId alone = context.nodes[context.random->Below(context.nodes.size())];
  if (alone == lost) return;
  for (const NodeId other : context.nodes) {
    if (other != alone) cuts->AddBoth(alone, other);
  }
}

}  // namespace

Closure BeginLostDisk(FaultContext& context) {
  const NodeId node = PickVictim(context);
  if (node == NodeId{} || context.world->process(node).retired()) return nullptr;
  Process& process = context.world->process(node);
  process.Crash(CrashKind::kPower);
  process.LoseDisk();
  context.Break(node);
  auto cuts = std::make_shared<Cuts>(context);
  if (context.replace && context.random->OneIn(2)) {
    if (context.random->OneIn(2)) CutOneOff(context, node, cuts.get());
    context.restart(node, milliseconds(context.random->Between(1, kBackMaxMs)));
  } else {
    process.Retire();
  }
  return [&context, node, cuts] {
    cuts->Heal();
    *context.effects = 0;  // That it began is what counts.
    if (context.replace) context.replace(node);
  };
}

}  // namespace quadraft::sim
