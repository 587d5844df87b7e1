// What a run has been through, as a set of features: abstract states of the cluster and their
// changes; and, where the program was built for it (--config=explore), edges of the code, with how
// often (clang's inline 8-bit counters). A search steers by features that no run had before.
//
//   StateCoverage coverage(&run.world(), &run.scenario());
//   ...  coverage.Collect([&](uint64_t feature) { if (map.Add(feature)) ++novel; });
#ifndef QUADRAFT_SIM_EXPLORE_COVERAGE_H_
#define QUADRAFT_SIM_EXPLORE_COVERAGE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sim/explore/scenario.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class StateCoverage {
 public:
  // Hooks itself into the world. Both outlive the last event.
  StateCoverage(World* world, const Scenario* scenario);

  // Each feature since the last call, once; then all edges of the code that were ever taken.
  void Collect(absl::FunctionRef<void(uint64_t feature)> each);

 private:
  void Look(const EventRecord& event);
  // Role, term and log of one node, relative to the others' and in coarse steps.
  uint64_t Signature(NodeId node) const;
  void Note(uint64_t feature);

  World* world_;
  const Scenario* scenario_;
  std::vector<uint64_t> last_;  // By node: its signature.
  uint64_t term_max_ = 0, last_index_max_ = 0, commit_max_ = 0;
  std::vector<bool> noted_;
  std::vector<uint64_t> fresh_;
};

// How many edges of the code are counted; zero unless built for it.
size_t CountedEdges();

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_COVERAGE_H_
