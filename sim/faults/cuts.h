// The links that one fault has cut. A cut counts as an effect once something has run into it: a
// message, a connection attempt or a piece of a stream.
//
//   Cuts cuts(context);
//   cuts.AddBoth(a, b);
//   return [cuts = std::move(cuts)]() mutable { cuts.Heal(); };
#ifndef QUADRAFT_SIM_FAULTS_CUTS_H_
#define QUADRAFT_SIM_FAULTS_CUTS_H_

#include <memory>
#include <utility>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {

class Cuts {
 public:
  explicit Cuts(FaultContext& context)
      : network_(&context.world->network()), effects_(context.effects) {}
  Cuts(Cuts&&) = default;
  Cuts& operator=(Cuts&&) = default;

  void Add(NodeId from, NodeId to);
  void AddBoth(NodeId a, NodeId b);
  // `node` from all of `others`, both ways; itself is skipped.
  void Isolate(NodeId node, const std::vector<NodeId>& others);
  bool empty() const { return links_.empty(); }
  // Takes all of them back and counts the effects. May be used anew.
  void Heal();

 private:
  struct Link {
    NodeId from, to;
    uint64_t blocked_before;
  };
  SimNetwork* network_;
  std::shared_ptr<uint64_t> effects_;
  std::vector<Link> links_;
};

// Servers that are to hear each other, by side; each client, when clients take part (an even
// chance), hears the servers of its side only.
struct Sides {
  std::vector<NodeId> left, right;
  bool BothThere() const { return !left.empty() && !right.empty(); }
};
Sides DrawSides(FaultContext& context);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_CUTS_H_
