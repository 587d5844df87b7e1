// One QuadRaft node: wires log, LevelDB, state, Raft, queries, updates and HTTP on one Env. The same class runs in
// production (tools/quadraft start) and in the simulator.
//
//   node::Node node(env, {.id = NodeId{1}, .voters = {NodeId{1}, NodeId{2}, NodeId{3}}, .http_address = "127.0.0.1:8001"});
//   QR_RETURN_IF_ERROR(node.Start());
//
// Loop only. Destroying a node drops what is under way (clients see broken connections) and leaves on disk what was synced:
// the same as a crash. Before it is destroyed in production the loop must have ended and its workers have been joined.
#ifndef QUADRAFT_NODE_NODE_H_
#define QUADRAFT_NODE_NODE_H_

#include <memory>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/env/env.h"
#include "core/replica/replica_host.h"
#include "net/http/server.h"
#include "node/metrics.h"
#include "node/mutations.h"
#include "node/queries.h"
#include "node/rpc.h"
#include "node/sessions.h"
#include "store/kv/kv_store.h"
#include "store/log/write_ahead_log.h"
#include "store/state/graph_state.h"

namespace quadraft::node {

struct NodeOptions {
  NodeId id;
  std::vector<NodeId> voters;    // Who founds the cluster. None: this node waits until a leader adds it (node/members.h).
  std::vector<NodeId> others;    // All other nodes that may belong to it one day.
  std::string http_address;      // "127.0.0.1:8001"
  std::string peer_address;      // Where the other nodes reach this one: the configuration says it to all. Empty: flags do.
  Duration query_timeout = seconds(60);
  Duration update_timeout = seconds(10);
  size_t query_memory_bytes_max = size_t{1} << 30;
  replica::Options replica;
  store::WriteAheadLog::Options log;
  store::KvOptions kv;
  store::GraphState::Options state;
  http::ServerOptions http;
  SessionOptions sessions;
  // Called once when the node cannot go on (disk, log or state failed): the process must end, and may be started again.
  absl::AnyInvocable<void(Status)> on_fatal;
};

inline constexpr GroupId kDataGroup{1};  // The only Raft group there is as yet.

class Node {
 public:
  Node(Env& env, NodeOptions options);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  // Recovers from the disk and begins to serve. Errors say which file, why, and what to do.
  Status Start();

  // Takes no new connections, finishes what is under way, and calls `done`, after `grace` at the latest.
  void Drain(Duration grace, absl::AnyInvocable<void()> done) { http_->Stop(grace, std::move(done)); }

  // For the simulator's checkers and for tests.
  const replica::ReplicaHost& replicas() const { return *replicas_; }
  replica::ReplicaHost& replicas() { return *replicas_; }
  store::GraphState& state() { return *state_; }
  bool started() const { return http_ != nullptr; }

 private:
  friend class Routes;

  Status StartParts();
  Status OpenState();
  Status OpenLog();
  Status OpenStateAndLog();
  Status ReplaceState(const Status& damage);
  void Fatal(const Status& status);

  Env& env_;
  NodeOptions options_;
  bool failed_ = false;
  WallTime started_at_;
  Metrics metrics_;
  // In the order of dependence; tasks_ last, so that waiting flows go first.
  std::unique_ptr<store::WriteAheadLog> log_;
  std::unique_ptr<store::KvStore> kv_;
  std::unique_ptr<store::GraphState> state_;
  std::unique_ptr<replica::ReplicaHost> replicas_;
  std::unique_ptr<RpcEndpoint> rpc_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Mutations> mutations_;
  std::unique_ptr<class Members> members_;
  std::unique_ptr<class Routes> routes_;
  std::unique_ptr<http::HttpServer> http_;
  TaskScope tasks_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_NODE_H_
