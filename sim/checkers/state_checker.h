// The replicated state of whole nodes: wherever two nodes stand at the same applied index, their
// content digests are equal; at the end each node's permutations, dictionary and digest agree with
// each other.
#ifndef QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_
#define QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_

#include <map>

#include "core/base/hash.h"
#include "sim/checkers/checker.h"
#include "sim/cluster/cluster.h"

namespace quadraft::sim {

class StateChecker : public Checker {
 public:
  explicit StateChecker(const Cluster* cluster) : cluster_(cluster) {}
  std::string_view name() const override { return "state"; }
  Status AfterEvent(const EventRecord& event) override;
  Status AtEnd() override;

 private:
  static constexpr size_t kDigestsMax = 20'000;  // Of the latest indexes.

  const Cluster* cluster_;
  std::map<LogIndex, Hash128> digests_;  // As first seen on any node.
  std::map<NodeId, LogIndex> looked_at_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_
