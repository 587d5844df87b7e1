#include "sim/faults/cuts.h"

namespace quadraft::sim {

void Cuts::Add(NodeId from, NodeId to) {
  network_->Cut(from, to);
  links_.push_back({from, to, network_->blocked(from, to)});
}

void Cuts::AddBoth(NodeId a, NodeId b) {
  Add(a, b);
  Add(b, a);
}

void Cuts::Isolate(NodeId node, const std::vector<NodeId>& others) {
  for (const NodeId other : others) {
    if (other != node) AddBoth(node, other);
  }
}

void Cuts::Heal() {
  for (const Link& link : links_) {
    network_->Heal(link.from, link.to);
    *effects_ += network_->blocked(link.from, link.to) - link.blocked_before;
  }
  links_.clear();
}

Sides DrawSides(FaultContext& context) {
  Sides sides;
  for (const NodeId node : context.nodes) {
    (context.random->OneIn(2) ? sides.left : sides.right).push_back(node);
  }
  if (!sides.BothThere() || !context.random->OneIn(2)) return sides;
  for (const NodeId client : context.clients) {
    (context.random->OneIn(2) ? sides.left : sides.right).push_back(client);
  }
  return sides;
}

}  // namespace quadraft::sim
