#include "sim/explore/server_command.h"

#include <optional>
#include <utility>

#include "sim/cluster/server_set.h"

namespace quadraft::sim {
namespace {

using raft::ChangeKind;
using raft::Configuration;
using raft::ConfigurationChange;

// Towards all servers: a joint configuration is left, who learns becomes a voter, who is missing
// comes as a learner; one step at a time.
std::optional<ConfigurationChange> RestoreStep(const Configuration& now,
                                               const std::vector<NodeId>& servers) {
  if (now.joint()) return ConfigurationChange{};
  std::optional<NodeId> missing;
  for (const NodeId node : servers) {
    if (now.IsLearner(node)) return ConfigurationChange{.changes = {{ChangeKind::kAddVoter, node}}};
    if (!now.IsMember(node)) missing = node;
  }
  if (!missing) return std::nullopt;
  return ConfigurationChange{.changes = {{ChangeKind::kAddLearner, *missing}}};
}

ConfigurationChange DropStep(const Configuration& now, NodeId leader, Random& random) {
  std::vector<NodeId> others = now.voters();
  std::erase(others, leader);
  const NodeId node = others[random.Below(others.size())];
  const ChangeKind kind = random.OneIn(2) ? ChangeKind::kRemove : ChangeKind::kAddLearner;
  return {.changes = {{kind, node}}};
}

// Any change of one to three servers; whether it fits is for the product to say. A new voter is
// taken from the learners.
ConfigurationChange DrawStep(const Configuration& now, const std::vector<NodeId>& servers,
                             Random& random) {
  ConfigurationChange change;
  if (now.joint()) return change;
  const uint64_t shape = random.Below(4);  // Half of the changes are simple.
  if (shape == 2) change.transition = raft::Transition::kJointImplicit;
  if (shape == 3) change.transition = raft::Transition::kJointExplicit;
  const uint64_t nodes = shape < 2 ? 1 : 1 + random.Below(3);
  for (uint64_t i = 0; i < nodes; ++i) {
    const NodeId node = servers[random.Below(servers.size())];
    ChangeKind kind = random.OneIn(2) ? ChangeKind::kRemove : ChangeKind::kAddLearner;
    if (now.IsLearner(node) && !random.OneIn(4)) kind = ChangeKind::kAddVoter;
    if (!now.IsMember(node)) kind = ChangeKind::kAddLearner;
    change.changes.push_back({kind, node});
  }
  return change;
}

// Who is added must be reached by all, also by those that have no flags.
void AddAddresses(const Configuration& now, ConfigurationChange* change) {
  for (const auto& [kind, node] : change->changes) {
    if (kind != ChangeKind::kAddLearner || now.IsMember(node)) continue;
    change->contacts[node].address = ServerSet::PeerAddress(node);
  }
}

// Asked, and taken.
bool Ask(replica::ReplicaHost& host, GroupId group, ConfigurationChange change) {
  const LogIndex before = host.raft(group).configuration_index();
  AddAddresses(host.raft(group).configuration(), &change);
  host.ChangeMembership(group, std::move(change), [](const StatusOr<replica::ProposalResult>&) {});
  return host.raft(group).configuration_index() != before;
}

}  // namespace

bool ReplaceMember(replica::ReplicaHost& host, GroupId group, NodeId lost, NodeId spare) {
  const raft::Raft& raft = host.raft(group);
  const Configuration& now = raft.configuration();
  if (raft.role() != raft::Role::kLeader || raft.configuration_index() > raft.commit()) return false;
  if (now.joint()) {  // Of a change that was under way, or ours: that is left by itself.
    if (!now.state().auto_leave) Ask(host, group, {});
    return false;
  }
  if (now.IsVoter(spare) && !now.IsMember(lost)) return true;
  if (!now.IsMember(spare)) {
    // A member that is gone for good and last spoke an older version stands in the way of all but this.
    if (!Ask(host, group, {.changes = {{ChangeKind::kAddLearner, spare}}}) && now.IsMember(lost))
      Ask(host, group, {.changes = {{ChangeKind::kRemove, lost}}});
  } else if (!now.IsMember(lost)) {
    Ask(host, group, {.changes = {{ChangeKind::kAddVoter, spare}}});
  } else {
    Ask(host, group,
        {.changes = {{ChangeKind::kAddVoter, spare}, {ChangeKind::kRemove, lost}}});
  }
  return false;
}

bool ChangeMembers(replica::ReplicaHost& host, GroupId group, const std::vector<NodeId>& servers,
                   Random& random, MemberStep step) {
  const Configuration now = host.raft(group).configuration();
  std::optional<ConfigurationChange> change;
  if (step == MemberStep::kRestore) {
    change = RestoreStep(now, servers);
    if (!change) return false;
  } else if (step == MemberStep::kDropVoter && now.voters().size() > 1 && !now.joint()) {
    change = DropStep(now, host.raft(group).self(), random);
  } else {
    change = DrawStep(now, servers, random);
  }
  return Ask(host, group, *std::move(change));
}

bool AllVote(const raft::Raft& replica, const std::vector<NodeId>& servers) {
  return replica.role() == raft::Role::kLeader &&
         replica.configuration_index() <= replica.commit() && !replica.configuration().joint() &&
         replica.configuration().state().learners.empty() &&
         replica.configuration().voters() == servers;
}

bool RunCommand(replica::ReplicaHost& host, GroupId group, ServerCommand command) {
  if (command != ServerCommand::kTransferLeadership) {
    return host.CompactNow(group, command == ServerCommand::kCompactLog).ok();
  }
  const replica::PeerStatus* next = nullptr;  // Who holds most.
  const replica::GroupStatus status = host.status(group);
  for (const replica::PeerStatus& peer : status.peers) {
    if (next == nullptr || peer.match > next->match) next = &peer;
  }
  return next != nullptr && host.TransferLeadership(group, next->node).ok();
}

Settings SettingsOf(const Settings& run, const ServerConfig& server) {
  if (server.draw == 0) return run;
  Settings drawn = Settings::Draw(server.draw, &run.table());
  for (const std::string_view name : {"nodes", "raft.election-ms", "raft.heartbeat-ms"}) {
    (void)drawn.Set(name, run[name]);
  }
  // A node may do without; with them clocks must be right.
  if (run["raft.lease-reads"] == 0) (void)drawn.Set("raft.lease-reads", 0);
  return drawn;
}

void Limit(const ServerConfig& server, replica::Options* options) {
  if (server.older_version) options->wire_version = replica::kWireVersionMin;
  if (!server.small_memory) return;
  options->raft.append_entries_max = 2;
  options->raft.append_bytes_max = 256;
  options->raft.inflight_messages_max = 1;
  options->raft.uncommitted_entries_max = 8;
  options->raft.pending_reads_max = 4;
  options->pending_proposals_max = 4;
  options->pending_reads_max = 4;
  options->read_questions_max = 1;
  options->apply_entries_max = 1;
  options->retained_entries_max = 5;
  options->retained_bytes_max = 4096;
  options->snapshot_window_chunks = 1;
  options->snapshot_streams_max = 1;
}

}  // namespace quadraft::sim
