#include "sim/explore/replacements.h"

namespace quadraft::sim {

void Replacements::Begin(NodeId lost) {
  if (spares_.contains(lost) || !world_.process(lost).lost_disk()) return;
  const NodeId spare = scenario_.TakeSpare();
  if (spare == NodeId{}) return;
  spares_[lost] = spare;
  world_.process(spare).Start();
  Next(lost);
}

void Replacements::Next(NodeId lost) {
  if (!spares_.contains(lost)) return;
  const NodeId leader = scenario_.Leader();
  if (leader != NodeId{} && world_.process(leader).running()) {
    // In an event of the leader, as an operator's request is.
    world_.Schedule(Duration(0), EventKind::kPost, world_.index_of(leader), 0,
                    [this, leader, lost] { Ask(leader, lost); });
  }
  world_.After(milliseconds(random_.Between(10, 100)), [this, lost] { Next(lost); });
}

void Replacements::Ask(NodeId leader, NodeId lost) {
  const auto found = spares_.find(lost);
  if (found == spares_.end() || !scenario_.Replace(leader, lost, found->second)) return;
  world_.After(Duration(0), [this, lost] { Finish(lost); });
}

// The lost one is switched off for good, if somebody has started it again.
void Replacements::Finish(NodeId lost) {
  const auto found = spares_.find(lost);
  if (found == spares_.end()) return;
  const NodeId spare = found->second;
  spares_.erase(found);
  world_.process(lost).Retire();
  world_.process(lost).Crash(CrashKind::kKill);
  scenario_.Replaced(lost, spare);
  context_.nodes = scenario_.servers();
  context_.broken->erase(lost);
}

}  // namespace quadraft::sim
