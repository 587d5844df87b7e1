// The servers of a simulated cluster: real node::Node objects, each on its own process, with a
// supervisor that starts a dead one again.
//
//   Cluster cluster(&world, {.nodes = 5});
//   cluster.StartAll();
//   cluster.node(NodeId{1})->replicas()...            // Null while it is down.
//
// A node that stops itself (on_fatal, or a Start that fails) is restarted a second later. Its
// reason must be the disk's: Unavailable or ResourceExhausted; DataLoss only when its disk was
// harmed (Process::broken), and then it stays down, or when a read of this life lied
// (SimDisk::lied): started again it reads again, and must find everything. Any other is a
// violation. A node whose harm nobody could notice is not started again (vouched.h).
#ifndef QUADRAFT_SIM_CLUSTER_CLUSTER_H_
#define QUADRAFT_SIM_CLUSTER_CLUSTER_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/node.h"
#include "sim/cluster/server_set.h"
#include "sim/world/world.h"

namespace quadraft::sim {

struct ClusterOptions {
  int nodes = 3;
  uint64_t segment_bytes = 256u << 10;
  replica::Options replica;
  store::KvOptions kv = store::KvOptions::Small();
  store::GraphState::Options state;
  node::SessionOptions sessions;
};

class Cluster {
 public:
  Cluster(World* world, ClusterOptions options);

  void StartAll();
  // What that node starts with, from its next start on; `nodes` stays.
  void Configure(NodeId node, ClusterOptions options) { configured_[node] = std::move(options); }
  // Nothing when the node runs or is about to.
  void Restart(NodeId node, Duration delay);

  // Those that should be members now; the founders at first.
  const std::vector<NodeId>& ids() const { return servers_.current(); }
  ServerSet& servers() { return servers_; }
  const ServerSet& servers() const { return servers_; }
  bool IsServer(NodeId node) const { return servers_.Has(node); }
  std::string address(NodeId node) const;
  node::Node* node(NodeId node) const;
  Process& process(NodeId node) const { return world_->process(node); }
  bool AllRunning() const;             // All but the broken ones.
  std::vector<NodeId> Intact() const;  // Those whose disks were not harmed.
  // The leader of the highest term among running nodes; zero when there is none.
  NodeId Leader() const;

  // Not OK: a node stopped for a reason that no injected fault explains.
  const Status& violation() const { return violation_; }
  uint64_t self_stops() const { return self_stops_; }

 private:
  class NodeProgram;
  void OnStopped(NodeId node, const Status& why);

  World* world_;
  ClusterOptions options_;
  std::map<NodeId, ClusterOptions> configured_;
  ServerSet servers_;
  Status violation_;
  uint64_t self_stops_ = 0;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_CLUSTER_CLUSTER_H_
