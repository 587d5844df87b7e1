// The "log" workload: servers of nothing but ReplicaHost, write-ahead log and a ListMachine. Each
// server proposes unique items and reads behind ReadBarrier. An item that was acknowledged must be
// in every later linearizable read, at its index, once; and in every read that may be behind by so
// much, if that is how long ago it was.
#ifndef QUADRAFT_SIM_WORKLOADS_LOG_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_LOG_WORKLOAD_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/replica/replica_host.h"
#include "sim/cluster/server_set.h"
#include "sim/workloads/list_machine.h"
#include "sim/workloads/operation.h"
#include "sim/world/world.h"
#include "store/log/write_ahead_log.h"

namespace quadraft::sim {

struct LogOptions {
  int nodes = 3;
  uint64_t segment_bytes = 16u << 10;
  replica::Options replica;             // on_fatal is overwritten.
  Duration gap_max = milliseconds(20);  // Between two proposals (or reads) of one server, uniform.
  size_t payload_bytes_max = 200;
  bool stale_reads = false;  // Some reads may be behind by a bound, that they are held to.
  uint64_t items_full_speed = 8'000;  // After that many, servers slow down: bounds the run.
};

class LogWorkload {
 public:
  // `operations` and `world` outlive this.
  LogWorkload(World* world, OperationTape* operations, LogOptions options);
  ~LogWorkload();

  void Start();
  void StopIssuing() { issuing_ = false; }
  bool Idle(const std::vector<NodeId>& nodes) const;
  // All of `nodes` run and hold the same.
  bool Settled(const std::vector<NodeId>& nodes) const;

  const std::vector<NodeId>& ids() const { return servers_.current(); }
  ServerSet& servers() { return servers_; }
  const raft::Raft* raft(NodeId node) const;      // Null while it is down.
  const ListMachine* machine(NodeId node) const;  // The same.
  replica::ReplicaHost* host(NodeId node) const;  // The same.
  static constexpr GroupId kGroup{1};
  // What that node starts with, from its next start on.
  void Configure(NodeId node, replica::Options options, uint64_t segment_bytes) {
    configured_[node] = {std::move(options), segment_bytes};
  }
  NodeId Leader() const;
  uint64_t acknowledged() const { return acknowledged_count_; }
  uint64_t reads(NodeId node) const { return reads_[node.value() - 1]; }
  const Status& violation() const { return violation_; }
  Status CheckFinalState(const std::vector<NodeId>& nodes) const;  // When they are settled.
  std::string Summary() const;

 private:
  class Server;
  struct Acknowledged {
    std::string payload;
  };
  void Fail(const Status& status) {
    if (violation_.ok()) violation_ = status;
  }
  void OnStopped(NodeId node, const Status& why);
  // For who watches the run.
  template <typename... Text>
  int64_t Invoke(NodeId node, const Text&... text) {
    const int64_t operation = next_operation_++;
    if (world_->observer() != nullptr) {
      world_->observer()->OnInvoke(operation, node, StrCat(text...));
    }
    return operation;
  }
  void Complete(int64_t operation, NodeId node, const Status& status, LogIndex index);
  void OnProposed(const std::string& payload, LogIndex promised,
                  const StatusOr<replica::ProposalResult>& result);
  LogIndex AcknowledgedBefore(Duration time) const;
  void CheckRead(NodeId node, LogIndex must_hold);
  Server* server(NodeId node) const;

  World* world_;
  OperationTape& operations_;
  LogOptions options_;
  std::map<NodeId, std::pair<replica::Options, uint64_t>> configured_;
  ServerSet servers_;
  std::map<LogIndex, std::string> acknowledged_;  // By index.
  // The highest index so far, whenever it rose, of the last kStaleMax and a little more.
  std::deque<std::pair<Duration, LogIndex>> acknowledged_at_;
  std::map<std::string, bool> refused_;  // The host said that nothing was done.
  std::vector<uint64_t> reads_;
  uint64_t acknowledged_count_ = 0, refused_count_ = 0, unknown_count_ = 0;
  uint64_t next_item_ = 1;
  int64_t next_operation_ = 1;
  bool issuing_ = false;
  Status violation_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_LOG_WORKLOAD_H_
