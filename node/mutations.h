// Every change to the data, from a client's request to its answer (docs/life_of_an_update.md): on a follower it is forwarded
// to the leader; on the leader it is evaluated, checked against what is under way, proposed, and answered once applied.
//
//   proto::MutationRequest request; request.set_update("INSERT DATA { <a> <b> <c> }");
//   StatusOr<proto::MutationResponse> r = co_await mutations.Run(std::move(request), deadline);
//
// Errors: Unavailable: nothing was done, no leader could be reached in time. DeadlineExceeded: the outcome is unknown.
// InvalidArgument, Unimplemented: the update's text. ResourceExhausted: too much is under way; nothing was done.
//
// In a session (node/sessions.h) a try whose outcome is unknown is followed by another one until the deadline: the log does the
// update once. Whatever answer the client gets for good is an entry: an error that the evaluation gives as well, lest an earlier copy
// that is still under way be done after it was refused. Responses carry a txn::SessionVerdict then.
#ifndef QUADRAFT_NODE_MUTATIONS_H_
#define QUADRAFT_NODE_MUTATIONS_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/proto/rpc.pb.h"
#include "core/replica/replica_host.h"
#include "node/latches.h"
#include "node/metrics.h"
#include "node/rpc.h"
#include "node/sessions.h"
#include "sparql/engine.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

// First come, first served: one holder at a time.
class FifoLock {
 public:
  static constexpr size_t kWaitingMax = 4096;
  explicit FifoLock(Executor& executor) : executor_(executor) {}
  Task<bool> Acquire();  // False: kWaitingMax others wait already.
  void Release();        // The next holder runs later, never inside this call.
  size_t users() const { return waiting_.size() + held_; }  // The holder, and who waits.

 private:
  Executor& executor_;
  bool held_ = false;
  std::deque<absl::AnyInvocable<void(bool)>> waiting_;
};

class Mutations {
 public:
  Mutations(Env& env, NodeId self, GroupId group, replica::ReplicaHost& replicas,
            store::GraphState& state, RpcEndpoint& rpc, Metrics& metrics, TaskScope& tasks,
            const SessionOptions& sessions = {});

  Task<StatusOr<proto::MutationResponse>> Run(proto::MutationRequest request, MonotonicTime deadline);

  // A prefix for blank node labels that no other request of any node ever gets.
  std::string FreshBlankPrefix();
  size_t evaluating() const { return evaluating_.users(); }

 private:
  void Handle(RpcMethod method);
  Task<StatusOr<proto::MutationResponse>> RunHere(const proto::MutationRequest& request, MonotonicTime deadline);
  Task<StatusOr<proto::MutationResponse>> RunUpdate(const proto::MutationRequest& request, MonotonicTime deadline);
  Task<StatusOr<proto::MutationResponse>> Forward(NodeId leader, proto::MutationRequest request, MonotonicTime deadline);
  // Answers `once` (null when answered) when `leader` is no longer known to lead.
  Task<void> WatchLeader(NodeId leader, std::shared_ptr<absl::AnyInvocable<void(StatusOr<std::string>)>> once);
  Task<Status> WaitUntilReady(MonotonicTime deadline);
  // Everything that was committed when this was asked is applied here, up to at least this index. Unavailable: cannot know.
  Task<StatusOr<LogIndex>> FreshIndex();
  // An effect that holds for the log as it is now: propose it before anything else runs.
  Task<StatusOr<sparql::UpdateEffect>> EvaluateUntilFree(std::shared_ptr<const sparql::Update> update,
                                                         MonotonicTime deadline);
  Task<StatusOr<sparql::UpdateEffect>> Evaluate(std::shared_ptr<const sparql::Update> update, MonotonicTime deadline);
  // Proposes at once, then releases `release` (may be null), then waits for the entry to apply. An error in place of `writes` is
  // the answer, and is an entry when it is an outcome of an update in a session.
  Task<StatusOr<proto::MutationResponse>> Propose(const proto::MutationRequest& request, StatusOr<txn::WriteSet> writes,
                                                  FifoLock* release);
  bool Expired(MonotonicTime deadline) const { return env_.clock().Now() >= deadline; }

  Env& env_;
  const NodeId self_;
  const GroupId group_;
  replica::ReplicaHost& replicas_;
  store::GraphState& state_;
  RpcEndpoint& rpc_;
  Metrics& metrics_;
  TaskScope& tasks_;
  Latches latches_;
  Sessions sessions_;
  FifoLock evaluating_;
  Random& blank_random_;
  Random& query_random_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_MUTATIONS_H_
