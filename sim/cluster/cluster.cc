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
    cluster->servers_.GiveFlags(id, env.network());
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
    if (cluster->servers_.IsFounder(id)) options.voters = cluster->servers_.founders();
    options.http_address = cluster->address(id);
    options.peer_address = ServerSet::PeerAddress(id);
    const auto own = cluster->configured_.find(id);
    const ClusterOptions& from =
        own == cluster->configured_.end() ? cluster->options_ : own->second;
    options.kv = from.kv;
    // Not a node's own to change: what is on its disk was written so (colliding fingerprints).
    options.state = cluster->options_.state;
    options.log.segment_bytes = from.segment_bytes;
    options.replica = from.replica;
    // Nor, where clients count on their sessions' lasting, how many a leader lets be open and for how long.
    const node::SessionOptions plain, &chosen = cluster->options_.sessions;
    const bool last = chosen.sessions_max >= plain.sessions_max && chosen.timeout >= plain.timeout;
    options.sessions = last ? chosen : from.sessions;
    options.on_fatal = [cluster, id](Status status) { cluster->OnStopped(id, status); };
    return options;
  }
  node::Node node_;
  bool started_ = false;
};

Cluster::Cluster(World* world, ClusterOptions options)
    : world_(world), options_(options), servers_(options_.nodes) {
  for (const NodeId id : servers_.all()) {
    world_->AddProcess(id, StrCat("n", id), [this, id](Env& env) -> std::unique_ptr<Program> {
      if (process(id).broken() && !HarmIsNoticed(process(id).disk())) {
        process(id).Retire();
        process(id).Crash(CrashKind::kKill);
        return nullptr;
      }
      return std::make_unique<NodeProgram>(env, this, id);
    }).set_peer_address(ServerSet::PeerAddress(id));
  }
}

std::string Cluster::address(NodeId node) const { return StrCat("10.0.0.", node, ":8001"); }

void Cluster::StartAll() {
  for (const NodeId id : servers_.founders()) process(id).Start();
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
  for (const NodeId id : ids()) {
    if (!process(id).broken()) intact.push_back(id);
  }
  return intact;
}

NodeId Cluster::Leader() const {
  NodeId leader;
  RaftTerm highest;
  for (const NodeId id : servers_.all()) {
    node::Node* const candidate = node(id);
    if (candidate == nullptr || process(id).lost_disk()) continue;
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
