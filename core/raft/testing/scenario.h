// Runs a text scenario on a Cluster and gives the text back with what happened under each command
// (golden files, core/raft/testdata/*.txt). Lines that begin with '>' are commands, '#' are
// comments, the rest is output.
//
//   cluster N [spares=S] [append_entries_max=K] [adaptive=1] [sleep=1] [lease=1]
//                                        N founders, all of them voters, and S nodes that wait;
//                                        election timeouts are 300 ms, or as measured; with leases
//   log N TERM TERM ...                  N, which is down, restarts with entries of these terms
//   timeout N | advance N MS             N's clock to its next deadline, or on by MS
//   propose N TEXT | read N ID | compact N INDEX | transfer N M
//   change N add|learner|remove M ... [joint|explicit] | leave N
//                                        of the members; more than one change: joint anyway
//   sync N [WRITES] | sync all           what was written (the first WRITES of it) becomes durable
//   deliver A->B|all | drop A->B|all | double A->B
//                                        of the messages on their way now ('*': any node)
//   pass MS [delay=D] [jitter=J] [hold=1]
//                                        time goes by for all alike: a message takes D ms and up to
//                                        J more, or waits until it has; a sync takes none
//   pace                                 everybody's election timeout, and who sleeps
//   leases                               whose lease holds for how long; who waits for how long
//   silent N M | back N M                N takes M's node for dead, or no longer (needs sleep=1)
//   settle                               sync and deliver until nothing moves (prints no messages)
//   damage N INDEX                       N, which is down, restarts without its entries from INDEX on
//   crash N [WRITES] | restart N         so many of the unsynced writes survive
//   cut A->B | heal A->B | isolate N | join N
//   status | members | bag               every node; its configuration; every message on its way
#ifndef QUADRAFT_CORE_RAFT_TESTING_SCENARIO_H_
#define QUADRAFT_CORE_RAFT_TESTING_SCENARIO_H_

#include <string>
#include <string_view>

#include "core/base/status.h"

namespace quadraft::raft {

struct ScenarioResult {
  std::string text;  // The scenario with its output brought up to date.
  Status violation;  // The first broken invariant.
  Status error;      // A command that is not one: "line 7: ...".
};
ScenarioResult RunScenario(std::string_view text);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TESTING_SCENARIO_H_
