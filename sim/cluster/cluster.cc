#include "sim/cluster/cluster.h"

#include <utility>

#include "sim/cluster/vouched.h"

namespace quadraft::sim {
namespace {

constexpr Duration kSupervisorDelay = seconds(1);

}  // namespace

class Cluster::NodeProgram : public Program {
 public:
  NodeProgram(Env& env, Cluster* cluster, NodeId id) : node_(env, Options(cluster, id)) {
    const Status started = node_.Start();
    started_ = started.ok();
    if (!started_) {
      env.Log(LogLevel::kError, StrCat("start failed: ", ToString(started)));
      cluster->OnStopped(id, started);
    }
  }
  node::Node* node() { return started_ ? &node_ : nullptr; }

 private:
  static node::NodeOptions Options(Cluster* cluster, NodeId id) {
    node::NodeOptions options;
    options.id = id;
    options.voters = cluster->ids_;
    options.http_address = cluster->address(id);
    const auto own = cluster->configured_.find(id);
    const ClusterOptions& from =
        own == cluster->configured_.end() ? cluster->options_ : own->second;
    options.kv = from.kv;
    // Not a node's own to change: what is on its disk was written so (colliding fingerprints).
    options.state = cluster->options_.state;
    options.log.segment_bytes = from.segment_bytes;
    options.replica = from.replica;
    options.on_fatal = [cluster, id](Status status) { cluster->OnStopped(id, status); };
    return options;
  }
  node::Node node_;
  bool started_ = false;
};

Cluster::Cluster(World* world, ClusterOptions options) : world_(world), options_(options) {
  for (int i = 1; i <= options_.nodes; ++i) ids_.push_back(NodeId{static_cast<uint64_t>(i)});
  for (const NodeId id : ids_) {
    world_->AddProcess(id, StrCat("n", id), [this, id](Env& env) -> std::unique_ptr<Program> {
      if (process(id).broken() && !HarmIsNoticed(process(id).disk())) {
        process(id).Retire();
        process(id).Crash(CrashKind::kKill);
        return nullptr;
      }
      return std::make_unique<NodeProgram>(env, this, id);
    });
  }
}

std::string Cluster::address(NodeId node) const { return StrCat("10.0.0.", node, ":8001"); }

void Cluster::StartAll() {
  for (const NodeId id : ids_) process(id).Start();
}

void Cluster::Restart(NodeId node, Duration delay) { process(node).StartAfter(delay); }

node::Node* Cluster::node(NodeId node) const {
  auto* program = static_cast<NodeProgram*>(process(node).program());
  return program != nullptr ? program->node() : nullptr;
}

bool Cluster::AllRunning() const {
  for (const NodeId id : Intact()) {
    if (node(id) == nullptr) return false;
  }
  return true;
}

std::vector<NodeId> Cluster::Intact() const {
  std::vector<NodeId> intact;
  for (const NodeId id : ids_) {
    if (!process(id).broken()) intact.push_back(id);
  }
  return intact;
}

NodeId Cluster::Leader() const {
  NodeId leader;
  RaftTerm highest;
  for (const NodeId id : ids_) {
    node::Node* const candidate = node(id);
    if (candidate == nullptr) continue;
    const raft::Raft& raft = candidate->replicas().raft(node::kDataGroup);
    if (raft.role() != raft::Role::kLeader || raft.term() < highest) continue;
    leader = id;
    highest = raft.term();
  }
  return leader;
}

void Cluster::OnStopped(NodeId node, const Status& why) {
  ++self_stops_;
  const bool damage = absl::IsDataLoss(why) && process(node).broken();
  const bool lie = absl::IsDataLoss(why) && process(node).disk().lied();
  const bool disk = absl::IsUnavailable(why) || absl::IsResourceExhausted(why);
  if (!disk && !damage && !lie && violation_.ok())
    violation_ = Annotate(why, StrCat("node ", node, " stopped itself"));
  if (damage) process(node).Retire();
  // After an I/O error half of the machines are power-cycled: whatever a failed sync left in doubt
  // may be gone. On the others the new process reads what the page cache made of it.
  const bool power = absl::IsUnavailable(why) && world_->random("sim/supervisor").OneIn(2);
  process(node).Crash(power ? CrashKind::kPower : CrashKind::kKill);
  Restart(node, kSupervisorDelay);
}

}  // namespace quadraft::sim
