// The replicated state of whole nodes against the truth of the run (committed_log.h): wherever a
// node stands, its content digest is that of the committed entries up to its applied index; so two
// nodes at one applied index have one digest, and no acknowledged write is lost. The same for the clients' sessions. At the end each
// node's permutations, dictionary and digest agree with each other.
#ifndef QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_
#define QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_

#include <map>

#include "sim/checkers/checker.h"
#include "sim/checkers/committed_log.h"
#include "sim/cluster/cluster.h"

namespace quadraft::sim {

class StateChecker : public Checker {
 public:
  // `committed` is asked first after each event.
  StateChecker(const Cluster* cluster, const CommittedLog* committed)
      : cluster_(cluster), committed_(committed) {}
  std::string_view name() const override { return "state"; }
  Status AfterEvent(const EventRecord& event) override;
  Status AtEnd() override;

 private:
  const Cluster* cluster_;
  const CommittedLog* committed_;
  std::map<NodeId, std::pair<uint64_t, LogIndex>> looked_at_;  // Incarnation and applied index.
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CHECKERS_STATE_CHECKER_H_
