// The operator who replaces servers that lost their disks: a spare one is started, becomes a
// learner, catches up, and takes the place of the lost one in one joint change. What is asked of
// the leader is asked again until a leader says that it is done, whoever leads meanwhile.
//
//   Replacements replacements(&world, scenario, &context);
//   replacements.Begin(lost);
//   ... await !replacements.under_way() ...
#ifndef QUADRAFT_SIM_EXPLORE_REPLACEMENTS_H_
#define QUADRAFT_SIM_EXPLORE_REPLACEMENTS_H_

#include <map>

#include "core/env/random.h"
#include "sim/explore/scenario.h"
#include "sim/faults/fault.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class Replacements {
 public:
  // All of it outlives this, and this outlives the world's last event. `context` is the one that
  // faults are given copies of.
  Replacements(World* world, Scenario* scenario, FaultContext* context)
      : world_(*world), scenario_(*scenario), context_(*context), random_(world->random("sim/replacements")) {}

  // Of a node whose disk is lost (Process::lost_disk). Nothing when no spare is left, or it is under
  // way.
  void Begin(NodeId lost);
  bool under_way() const { return !spares_.empty(); }
  const std::map<NodeId, NodeId>& spares() const { return spares_; }  // By the lost one.

 private:
  void Next(NodeId lost);
  void Ask(NodeId leader, NodeId lost);
  void Finish(NodeId lost);

  World& world_;
  Scenario& scenario_;
  FaultContext& context_;
  Random& random_;
  std::map<NodeId, NodeId> spares_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_REPLACEMENTS_H_
