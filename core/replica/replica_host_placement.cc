// Who leads which group: leaders that find a better place for theirs hand them over. Of two nodes the
// one with the higher priority is the better place; among equals the one that leads fewer groups, by
// two at least, so that the next look finds nothing to move back. A better place is a voter that was
// there for a while, without a silence or a restart, and holds the log but for what is on its way.
#include <algorithm>

#include "core/base/sim_points.h"
#include "core/base/strings.h"
#include "core/replica/replica_host.h"

namespace quadraft::replica {

void ReplicaHost::NoteLeading(Replica& replica, MonotonicTime now) {
  const bool leads = replica.raft().role() == raft::Role::kLeader;
  if (leads == replica.leads) return;
  replica.leads = leads;
  replica.settled_since = now;
  leads ? ++leading_ : --leading_;
  shared_.monitor.SetLeads(static_cast<uint32_t>(leading_));
}

void ReplicaHost::ArmPlacement() {
  if (options_.placement_interval <= Duration(0)) return;
  shared_.env.executor().RunAfter(options_.placement_interval, [this, alive = alive_] {
    if (!*alive || !shared_.fault.ok()) return;
    PlaceLeaders();
    ArmPlacement();
  });
}

// Who only stands in (priority zero) hands over as soon as it can.
Duration ReplicaHost::PlacementSettle() const {
  return options_.raft.priority == 0 ? Duration(0) : options_.placement_settle;
}

// Zero: where it is.
NodeId ReplicaHost::BetterPlace(const Replica& replica,
                                const std::map<NodeId, int64_t>& leads) const {
  const raft::Raft& raft = replica.raft();
  const raft::Leader& leader = *raft.leader_state();
  NodeId best = self_;
  uint32_t priority = options_.raft.priority;
  int64_t load = leads.at(self_) - 1;  // Without this group.
  for (const raft::Progress& peer : leader.peers) {
    const auto version = peer_versions_.find(peer.node);
    const uint64_t lag = raft.log().last_index().value() - peer.match.value();
    if (!raft.configuration().IsVoter(peer.node) || lag > options_.promotion_lag_max ||
        peer.state != raft::ProgressState::kReplicate ||
        shared_.monitor.UpFor(peer.node) <= PlacementSettle() ||
        version == peer_versions_.end() || version->second < kWireVersionLease) {
      continue;
    }
    const uint32_t its = shared_.monitor.PriorityOf(peer.node);
    const int64_t its_load = leads.at(peer.node);
    if (its == 0 || its < priority || (its == priority && its_load >= load)) continue;
    best = peer.node;
    priority = its;
    load = its_load;
  }
  return best == self_ ? NodeId{} : best;
}

void ReplicaHost::PlaceLeaders() {
  if (leading_ == 0) return;
  const MonotonicTime now = shared_.env.clock().Now();
  shared_.monitor.SetNow(now);
  std::map<NodeId, int64_t> leads;  // As it will be.
  leads[self_] = static_cast<int64_t>(leading_);
  size_t moved = 0;
  for (Replica* const replica : FromOwnStart()) {
    const raft::Leader* const leader = replica->raft().leader_state();
    if (moved >= options_.placement_moves_max) break;
    // One that changes its members, or is being moved, or has not committed yet, stays.
    if (leader == nullptr || replica->settled_since + PlacementSettle() > now ||
        leader->transferee != NodeId{} || replica->raft().commit() < leader->first_index ||
        replica->raft().configuration().joint()) {
      continue;
    }
    for (const raft::Progress& peer : leader->peers) {
      leads.try_emplace(peer.node, shared_.monitor.LeadsOf(peer.node));
    }
    const NodeId to = BetterPlace(*replica, leads);
    if (to == NodeId{} || !replica->TransferLeadership(to).ok()) continue;
    SIM_SOMETIMES(true, "leader-moved-to-a-better-place");
    shared_.env.Log(LogLevel::kInfo,
                    StrCat("group ", replica->group(), ": node ", to, " is to lead, the better place"));
    replica->settled_since = now;  // If it fails, not at once again.
    ++shared_.counters.leaders_moved;
    ++moved;
    --leads[self_];
    ++leads[to];
    Touch(*replica);
  }
  if (moved > 0) PostTurn();
}

}  // namespace quadraft::replica
