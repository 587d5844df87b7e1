// Exactly-once sessions of clients on a node (core/txn/session.h; Ongaro's thesis, section 6.3): what a leader adds to their commands,
// and whether there may be any yet.
//
// Time: a leader counts on from the time that it finds in the state, by its own monotonic clock, from the first command of its term
// on. So no wall clock matters, time stands still while nobody uses a session, and a leader whose clock is off lets sessions live
// longer or expire early, alike on all replicas: a client of an expired session is told so, and nothing is done twice.
//
// Upgrades: a program of before sessions takes their commands for damage. The first registration of a cluster therefore asks every
// member whether it knows them (RpcMethod::kDescribe). Later ones do not ask: an older program must not be added again.
#ifndef QUADRAFT_NODE_SESSIONS_H_
#define QUADRAFT_NODE_SESSIONS_H_

#include <optional>
#include <set>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/proto/rpc.pb.h"
#include "core/replica/replica_host.h"
#include "core/txn/session.h"
#include "node/rpc.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

struct SessionOptions {
  // Open at once; the one that would expire first makes room. With full windows a session takes some 20 KB of memory.
  size_t sessions_max = 4096;
  Duration timeout = seconds(3600);  // Not used for so long, in the time above, it is forgotten. Of sessions registered from now on.
  bool known = true;                 // False: as a program of before sessions. For tests of upgrades.
};

class Sessions {
 public:
  Sessions(Env& env, NodeId self, GroupId group, const replica::ReplicaHost& replicas, const store::GraphState& state,
           RpcEndpoint& rpc, const SessionOptions& options);

  // What stands in the log for a request, but for an update's effect. On the leader.
  txn::SessionCommand CommandOf(const proto::SessionRequest& request);
  // An answer that needs no entry (SessionTable::KnownAnswer).
  std::optional<txn::SessionResult> KnownAnswer(const proto::SessionRequest& update) const;
  static proto::MutationResponse ResponseOf(const txn::SessionCommand& command, const txn::SessionResult& result);

  // Whether a session may be registered. FailedPrecondition: a member runs an older program. Unavailable: one did not say.
  Task<Status> CheckMembers(MonotonicTime deadline);

 private:
  uint64_t TimeMs();

  Env& env_;
  const NodeId self_;
  const GroupId group_;
  const replica::ReplicaHost& replicas_;
  const store::GraphState& state_;
  RpcEndpoint& rpc_;
  const SessionOptions options_;
  Random& random_;
  std::set<NodeId> knowing_;  // Members that know sessions.
  // Of this term the time is base_ms_ at base_.
  RaftTerm term_;
  MonotonicTime base_;
  uint64_t base_ms_ = 0;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_SESSIONS_H_
