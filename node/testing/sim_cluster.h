// Three (or n) real nodes and one HTTP client in a simulated world, for tests of node/.
//
//   SimCluster cluster(/*seed=*/1);
//   ASSERT_TRUE(cluster.WaitForLeader());
//   http::Response r = *cluster.Update(NodeId{2}, "INSERT DATA { <http://a> <http://b> 1 }");
#ifndef QUADRAFT_NODE_TESTING_SIM_CLUSTER_H_
#define QUADRAFT_NODE_TESTING_SIM_CLUSTER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/http/client.h"
#include "node/node.h"
#include "sim/world/world.h"

namespace quadraft::node {

class SimCluster {
 public:
  using Configure = std::function<void(NodeId, NodeOptions*)>;
  // `joiners` more know all nodes and wait to be added. `configure` may change what a node starts with.
  explicit SimCluster(uint64_t seed, int nodes = 3, sim::WorldOptions options = {}, int joiners = 0, Configure configure = {});

  sim::World& world() { return world_; }
  sim::Process& process(NodeId id) { return world_.process(id); }
  Node* node(NodeId id);  // Null while it is down.
  bool WaitForLeader(Duration limit = seconds(10));
  std::optional<NodeId> leader();
  int fatal_errors() const { return fatal_errors_; }
  NodeId follower();  // Some running node that does not lead.

  using Done = absl::AnyInvocable<void(StatusOr<http::Response>)>;
  void Send(NodeId node, http::Request request, Done done, Duration timeout = seconds(30));
  // Runs the world until the answer is there.
  StatusOr<http::Response> Call(NodeId node, http::Request request, Duration timeout = seconds(30));
  StatusOr<http::Response> Update(NodeId node, std::string text);
  // The rows of a SELECT as CSV without the header, or the error's text.
  std::string Select(NodeId node, std::string text, std::string parameters = {});

  static http::Request UpdateRequest(std::string text);
  static http::Request QueryRequest(std::string text, std::string parameters, std::string accept);

 private:
  struct NodeProgram;
  struct ClientProgram;
  static constexpr NodeId kClientId{1000};
  static std::string HttpAddress(NodeId id) { return StrCat("node", id, ":8000"); }

  sim::World world_;
  std::vector<NodeId> ids_;
  int fatal_errors_ = 0;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_TESTING_SIM_CLUSTER_H_
