// Groups that sleep, as their host sees them: which nodes are watched for them, and who is woken
// when one of those falls silent, comes back or starts again (core/raft/raft_quiesce.cc, rule 4).
#include <algorithm>
#include <vector>

#include "core/base/strings.h"
#include "core/replica/replica_host.h"

namespace quadraft::replica {

void ReplicaHost::OnHead(NodeId from, const BatchHead& head, MonotonicTime now) {
  const NodeMonitor::News news = shared_.monitor.OnBatch(from, head, now);
  if (news.restarted) {
    WakeGroups(from, NodeNews::kRestarted, now);
  } else if (news.back) {
    WakeGroups(from, NodeNews::kBack, now);
  }
}

void ReplicaHost::TickMonitor(MonotonicTime now) {
  shared_.monitor.Tick(now, &silent_, &beats_);
  for (const NodeId node : beats_) shared_.outbox.Beat(node);
  for (const NodeId node : silent_) {
    ++shared_.counters.nodes_silent;
    shared_.env.Log(LogLevel::kInfo, StrCat("node ", node, " is silent: its groups wake"));
    WakeGroups(node, NodeNews::kSilent, now);
  }
  beats_.clear();
  silent_.clear();
}

// After each turn of a group: whom it relies on, if it sleeps. A follower on its leader, a leader
// on its members.
void ReplicaHost::NoteSleep(Replica& replica, MonotonicTime now) {
  const raft::Raft& raft = replica.raft();
  std::vector<NodeId> relies_on;  // Never empty, if it sleeps.
  if (raft.quiesced()) {
    relies_on = raft.role() == raft::Role::kLeader ? raft.configuration().Members().nodes()
                                                   : std::vector<NodeId>{raft.leader()};
  }
  if (relies_on == replica.relies_on) return;
  sleeping_ += relies_on.empty() ? 0 : 1;
  sleeping_ -= replica.relies_on.empty() ? 0 : 1;
  for (const NodeId node : relies_on) {
    if (node != self_) shared_.monitor.AddSleeper(node, now);
  }
  for (const NodeId node : replica.relies_on) {
    if (node != self_) shared_.monitor.RemoveSleeper(node);
  }
  replica.relies_on = std::move(relies_on);
}

// All groups. Each node begins elsewhere, so that of those that have lost a leader, or have none
// yet, each campaigns first where the others come last.
std::vector<Replica*> ReplicaHost::FromOwnStart() const {
  constexpr uint64_t kStarts = 8;
  std::vector<Replica*> all;
  for (const auto& [group, replica] : replicas_) all.push_back(replica.get());
  const uint64_t first = self_.value() % kStarts * all.size() / kStarts;
  std::rotate(all.begin(), all.begin() + static_cast<ptrdiff_t>(first), all.end());
  return all;
}

// One after the other, so that a node with many groups does not drown in its elections.
void ReplicaHost::WakeGroups(NodeId node, NodeNews news, MonotonicTime now) {
  const auto needs = [&](const raft::Raft& raft) {
    if (!raft.quiesced()) return false;
    if (raft.role() != raft::Role::kLeader) return raft.leader() == node;
    if (!raft.configuration().IsMember(node)) return false;
    if (news != NodeNews::kSilent) return true;
    // It would not notice that its group goes on without it.
    return raft.configuration().QuorumValue([&](NodeId voter) -> uint64_t {
      return voter == self_ || shared_.monitor.Of(voter) == raft::Health::kAlive;
    }) == 0;
  };
  Duration delay{0};
  for (Replica* replica : FromOwnStart()) {
    if (!needs(replica->raft())) continue;
    const bool leads = replica->raft().role() == raft::Role::kLeader;
    replica->Wake(now, delay);
    delay += leads ? options_.wake_spacing : options_.campaign_spacing;
    Mark(*replica);
    ++shared_.counters.groups_woken;
  }
}

}  // namespace quadraft::replica
