// What a run has been through, as a set of features:
//   - changes of the abstract state of a node (role; in coarse steps: term, log, commit and sync
//     behind the others'), by kind of event;
//   - the state of the whole cluster, whichever node is which: how the logs lie to each other
//     (equal, behind, contradicting), who leads in which term, old entries that are not committed;
//   - the marks of SIM_SOMETIMES (core/base/sim_points.h), how often, and which came together;
//   - where the program was built for it (--config=explore), edges of the code, with how often
//     (clang's inline 8-bit counters).
// A search steers by features that few runs had before.
//
//   StateCoverage coverage(&run.world(), &run.scenario());
//   ...  for (const Feature& feature : coverage.Collect()) ...
#ifndef QUADRAFT_SIM_EXPLORE_COVERAGE_H_
#define QUADRAFT_SIM_EXPLORE_COVERAGE_H_

#include <cstdint>
#include <vector>

#include "sim/explore/scenario.h"
#include "sim/world/world.h"

namespace quadraft::sim {

struct Feature {
  uint64_t id;
  Duration at;  // When the run first had it; for marks and edges, when they were asked for.
};

class StateCoverage {
 public:
  // Hooks itself into the world. Both outlive the last event.
  StateCoverage(World* world, const Scenario* scenario);

  // Everything so far, each feature once.
  std::vector<Feature> Collect() const;

 private:
  void Look(const EventRecord& event);
  // Role, term and log of one node, relative to the others' and in coarse steps.
  uint64_t Signature(NodeId node) const;
  // How it stands to the others; `best` has the log that a vote would choose.
  uint64_t Relation(NodeId node, const raft::Raft& best) const;
  void NoteCluster();
  void Note(uint64_t feature);

  World* world_;
  const Scenario* scenario_;
  std::vector<uint64_t> last_;  // By node: its signature.
  uint64_t term_max_ = 0, last_index_max_ = 0, commit_max_ = 0;
  std::vector<bool> noted_;
  std::vector<Feature> features_;
};

// How many edges of the code are counted; zero unless built for it.
size_t CountedEdges();

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_COVERAGE_H_
