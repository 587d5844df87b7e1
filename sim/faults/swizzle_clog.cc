// Nodes are clogged one after another, in any order, and let go one after another in another order
// (FoundationDB's swizzle-clogging: it finds what depends on who comes back first).
#include <memory>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

class Swizzle : public std::enable_shared_from_this<Swizzle> {
 public:
  explicit Swizzle(FaultContext& context)
      : world_(*context.world),
        nodes_(context.nodes),
        random_(*context.random),
        effects_(context.effects),
        held_before_(context.world->network().counters().held) {
    for (const NodeId node : nodes_) {
      if (random_.OneIn(2)) waiting_.push_back(node);
    }
  }
  bool empty() const { return waiting_.empty(); }

  void Next() {
    if (over_) return;
    if (!waiting_.empty()) {
      clogged_.push_back(TakeAny(&waiting_));
      ForEachLink(clogged_.back(), [&](NodeId a, NodeId b) { world_.network().Clog(a, b); });
    } else if (!clogged_.empty()) {
      Free(TakeAny(&clogged_));
    } else {
      return;
    }
    world_.After(milliseconds(random_.Between(5, 300)),
                 [self = shared_from_this()] { self->Next(); });
  }

  void End() {
    over_ = true;
    while (!clogged_.empty()) Free(TakeAny(&clogged_));
    *effects_ += world_.network().counters().held - held_before_;
  }

 private:
  NodeId TakeAny(std::vector<NodeId>* from) {
    const size_t at = random_.Below(from->size());
    const NodeId node = (*from)[at];
    from->erase(from->begin() + static_cast<std::ptrdiff_t>(at));
    return node;
  }
  void Free(NodeId node) {
    ForEachLink(node, [&](NodeId a, NodeId b) { world_.network().Unclog(a, b); });
  }
  template <typename Fn>
  void ForEachLink(NodeId node, Fn fn) {
    for (const NodeId other : nodes_) {
      if (other == node) continue;
      fn(node, other);
      fn(other, node);
    }
  }

  World& world_;
  const std::vector<NodeId> nodes_;
  Random random_;
  std::shared_ptr<uint64_t> effects_;
  const uint64_t held_before_;
  std::vector<NodeId> waiting_, clogged_;
  bool over_ = false;
};

}  // namespace

Closure BeginSwizzleClog(FaultContext& context) {
  auto swizzle = std::make_shared<Swizzle>(context);
  if (swizzle->empty()) return nullptr;
  swizzle->Next();
  return [swizzle] { swizzle->End(); };
}

}  // namespace quadraft::sim
