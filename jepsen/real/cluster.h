// Real node processes on loopback, with the fault proxy between them.
//
//   QR_ASSIGN_OR_RETURN(std::unique_ptr<Cluster> cluster, Cluster::Create({.binary = "quadraft",
//   .folder = "/tmp/x"})); for (int node = 1; node <= cluster->size(); ++node)
//   QR_RETURN_IF_ERROR(cluster->Start(node));
//   QR_RETURN_IF_ERROR(cluster->WaitUntilReady(std::chrono::seconds(20)));
//   cluster->Kill(1);                       // kill -9
// Every process is ended by its pid in the destructor, and by the kernel should the harness itself
// die. Nodes are counted from 1.
#ifndef QUADRAFT_JEPSEN_REAL_CLUSTER_H_
#define QUADRAFT_JEPSEN_REAL_CLUSTER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "jepsen/real/fault_proxy.h"

namespace quadraft::jepsen {

// What a node says of itself at /status.
struct NodeStatus {
  int node = 0;
  std::string role;
  int leader = 0;  // 0: it knows none.
  int64_t term = 0;
  int64_t applied_index = 0;
  std::string digest;  // Of the state at applied_index.
};

struct ClusterOptions {
  std::string binary;  // tools/quadraft
  std::string folder;  // Must exist; node N keeps its data in node-N and its log in node-N.log.
  int nodes = 3;
};

class Cluster {
 public:
  static StatusOr<std::unique_ptr<Cluster>> Create(ClusterOptions options);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  int size() const { return options_.nodes; }
  uint16_t http_port(int node) const { return nodes_[Index(node)].http_port; }
  std::vector<uint16_t> http_ports() const;
  bool running(int node) const { return nodes_[Index(node)].pid > 0; }

  // FailedPrecondition when it runs already. Always from one thread: the kernel ends a child with
  // the thread that made it.
  Status Start(int node);
  // kill -9; waits for its end. Nothing when it does not run.
  void Kill(int node);
  void Pause(int node);   // SIGSTOP
  void Resume(int node);  // SIGCONT
  // DataLoss, with the last lines of its log, when a node ended by itself since it was started.
  Status CheckAlive();

  // All links that lead to or from the node.
  void SetLinks(int node, LinkState state);
  FaultProxy& proxy() { return proxy_; }

  // Asks whoever leads for a change of members (the query of POST /members, "remove=2") until one
  // takes it. FailedPrecondition: it was refused for good; DeadlineExceeded: nobody took it in
  // time.
  Status ChangeMembers(const std::string& query, std::chrono::milliseconds timeout);

  uint64_t members_changes() const { return members_changes_; }  // Taken so far.

  // Starts what is down, resumes what is paused, opens every link; who was removed is added again.
  Status Heal();

  StatusOr<NodeStatus> GetStatus(int node) const;
  // The node that leads in the highest term, as the nodes themselves say; nullopt when none does.
  std::optional<int> Leader() const;

  // Until every node that runs answers /readyz with 200; DeadlineExceeded with what is missing.
  Status WaitUntilReady(std::chrono::milliseconds timeout);
  // Until all nodes have the same applied index and digest; DeadlineExceeded with what they have.
  Status WaitUntilEqual(std::chrono::milliseconds timeout);

 private:
  struct Node {
    pid_t pid = 0;  // 0: does not run.
    bool paused = false;
    uint16_t http_port = 0;
    uint16_t peer_port = 0;
    std::string peers;  // As this node is told.
  };

  explicit Cluster(ClusterOptions options) : options_(std::move(options)) {}
  static size_t Index(int node) { return static_cast<size_t>(node - 1); }
  Status ChoosePorts();
  Status RestoreMembers();
  std::string LogPath(int node) const;

  ClusterOptions options_;
  std::vector<Node> nodes_;
  FaultProxy proxy_;
  bool members_changed_ = false;  // Not yet restored.
  uint64_t members_changes_ = 0;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_CLUSTER_H_
