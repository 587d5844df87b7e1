// An Observer of one whole run of a scenario (sim/explore/run.h), told where it begins and ends and
// how to look at each node's Raft.
//
//   Recorder recorder;  RunScenario({.seed = 7, .observer = &recorder});  WriteTimeline(recorder,
//   ...);
#ifndef QUADRAFT_SIM_TRACE_RUN_OBSERVER_H_
#define QUADRAFT_SIM_TRACE_RUN_OBSERVER_H_

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "core/raft/raft.h"
#include "sim/world/world.h"

namespace quadraft::sim {

class RunObserver : public Observer {
 public:
  // Null: the node is no server, or down.
  using RaftOf = absl::AnyInvocable<const raft::Raft*(NodeId)>;

  // Before the first event; all processes have been added. `world` lives until End.
  virtual void Begin(World* world, RaftOf raft_of) {}
  // After the last one. `violation`: empty when there is none.
  virtual void End(std::string_view violation) {}
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_RUN_OBSERVER_H_
