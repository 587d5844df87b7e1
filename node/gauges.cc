#include "node/gauges.h"

#include <algorithm>

#include "core/base/strings.h"
#include "node/json.h"

namespace quadraft::node {
namespace {

constexpr Duration kActiveWithin = seconds(1);  // A peer that was heard is active for so long.

class List {
 public:
  void Gauge(std::string_view name, std::string_view help, double value, std::string labels = {}) {
    out_.push_back({name, help, "gauge", std::move(labels), value});
  }
  void Counter(std::string_view name, std::string_view help, uint64_t value, std::string labels = {}) {
    out_.push_back({name, help, "counter", std::move(labels), static_cast<double>(value)});
  }
  std::vector<node::Gauge> Take() { return std::move(out_); }

 private:
  std::vector<node::Gauge> out_;
};

std::string Label(std::string_view name, std::string_view value) { return StrCat("{", name, "=\"", value, "\"}"); }
std::string Label(std::string_view name, uint64_t value) { return Label(name, StrCat(value)); }
double Seconds(Duration duration) { return static_cast<double>(std::max<int64_t>(0, duration.count())) / 1e9; }
uint64_t Lag(const replica::GroupStatus& group, const replica::PeerStatus& peer) {
  return group.last.value() - std::min(group.last, peer.match).value();
}
uint64_t SlowestLag(const replica::GroupStatus& group) {
  uint64_t lag = 0;
  for (const replica::PeerStatus& peer : group.peers) lag = std::max(lag, Lag(group, peer));
  return lag;
}

void AddPlaces(const replica::GroupStatus& s, uint64_t apply_lag, List* out) {
  out->Gauge("quadraft_raft_has_leader", "1 when this node knows a leader.", s.leader != NodeId{});
  out->Gauge("quadraft_raft_is_leader", "1 when this node leads.", s.role == raft::Role::kLeader);
  out->Gauge("quadraft_raft_term", "Election term.", s.term.value());
  out->Gauge("quadraft_raft_commit_index", "Last entry known to be committed.", s.commit.value());
  out->Gauge("quadraft_raft_applied_index", "Last entry in this node's state.", s.applied.value());
  out->Gauge("quadraft_raft_last_index", "Last entry of this node's log.", s.last.value());
  out->Gauge("quadraft_raft_apply_lag_entries", "Entries that are committed and not applied here yet.", apply_lag);
  out->Gauge("quadraft_raft_retained_entries", "Entries held in memory.", s.retained_entries);
  out->Gauge("quadraft_raft_retained_bytes", "Bytes of entries held in memory.", s.retained_bytes);
  out->Gauge("quadraft_raft_voters", "Members that vote, by this node's log.", s.configuration.voters().size());
  out->Gauge("quadraft_raft_learners", "Members that do not vote.", s.configuration.state().learners.size());
  out->Gauge("quadraft_raft_repairing", "1 while damaged entries are not there again: the node has no vote.", s.repairing);
  out->Gauge("quadraft_raft_removed", "1 when another node says that this one was removed.", s.removed);
}

void AddElections(const raft::Counters& raft, List* out) {
  out->Counter("quadraft_raft_campaigns_total", "Elections that this node began.", raft.campaigns);
  out->Counter("quadraft_raft_elections_won_total", "Elections that this node won.", raft.elections_won);
  out->Counter("quadraft_raft_leader_changes_total", "Leader changes seen by this node.", raft.leader_changes);
  out->Counter("quadraft_raft_step_downs_total", "Times this node stopped leading.", raft.step_downs);
  out->Counter("quadraft_raft_transfers_total", "Transfers of leadership begun here.", raft.transfers);
  out->Counter("quadraft_raft_membership_changes_total", "Changes of members proposed here.", raft.changes);
  out->Counter("quadraft_raft_appends_rejected_total", "Appends of leaders that did not fit this node's log.", raft.rejected_appends);
  out->Counter("quadraft_raft_messages_invalid_total", "Messages of peers that no honest peer sends; dropped.", raft.invalid_messages);
}

void AddWork(const replica::GroupStatus& s, List* out) {
  const replica::GroupCounters& c = s.counters;
  out->Counter("quadraft_raft_proposals_total", "Proposals taken.", c.proposals);
  out->Counter("quadraft_raft_proposals_applied_total", "Proposals answered after applying.", c.proposals_applied);
  out->Counter("quadraft_raft_proposals_refused_total", "Proposals refused; nothing was done.", c.proposals_refused);
  out->Counter("quadraft_raft_proposals_unknown_total", "Proposals whose outcome is unknown.", c.proposals_unknown);
  out->Gauge("quadraft_raft_proposals_pending", "Proposals under way.", s.pending_proposals);
  out->Counter("quadraft_raft_reads_total", "Read barriers asked for.", c.reads);
  out->Counter("quadraft_raft_reads_failed_total", "Read barriers that no quorum confirmed.", c.reads_failed);
  out->Gauge("quadraft_raft_reads_pending", "Read barriers under way.", s.pending_reads);
  out->Counter("quadraft_raft_appended_entries_total", "Entries written to the log.", c.appended_entries);
  out->Counter("quadraft_raft_appended_bytes_total", "Bytes of entries written to the log.", c.appended_bytes);
  out->Counter("quadraft_raft_applied_entries_total", "Entries applied to the state.", c.applied_entries);
  out->Counter("quadraft_raft_compactions_total", "Times that the log was cut behind what the state has durably.", c.compactions);
}

void AddLeases(const replica::GroupStatus& s, const replica::HostCounters& host, List* out) {
  const raft::Counters& raft = s.counters.raft;
  out->Counter("quadraft_raft_stale_reads_total", "Bounded reads answered at once, of what this node knew to be fresh enough.", s.counters.stale_reads);
  out->Counter("quadraft_raft_lease_reads_total", "Reads that this node answered as the leader by lease.", raft.lease_reads);
  out->Counter("quadraft_raft_quorum_reads_total", "Reads that this node answered as the leader once a quorum had confirmed it.", raft.quorum_reads);
  out->Gauge("quadraft_raft_lease_valid", "1 when this node leads and its lease holds.", s.lease);
  out->Counter("quadraft_raft_commits_held_off_total", "Elections won in which the first commit waited for an earlier leader's lease.", raft.commits_held_off);
  out->Counter("quadraft_raft_leaders_moved_total", "Transfers of leadership begun for a better placed node.", host.leaders_moved);
}

void AddPeers(const std::vector<replica::GroupStatus>& groups, List* out) {
  // One group's peers here; with many groups the worst of each node is what counts.
  std::map<NodeId, std::pair<uint64_t, Duration>> worst;
  std::map<NodeId, LogIndex> match;
  for (const replica::GroupStatus& group : groups) {
    for (const replica::PeerStatus& peer : group.peers) {
      auto& [lag, silent] = worst.try_emplace(peer.node, 0, Duration(0)).first->second;
      lag = std::max(lag, Lag(group, peer));
      silent = std::max(silent, peer.silent_for);
      match[peer.node] = std::max(match[peer.node], peer.match);
    }
  }
  for (const auto& [node, index] : match)
    out->Gauge("quadraft_raft_peer_match_index", "Last entry that a follower is known to hold; leader only.", index.value(), Label("peer", node.value()));
  for (const auto& [node, peer] : worst)
    out->Gauge("quadraft_raft_peer_lag_entries", "Entries of the leader's log that a follower is not known to hold; leader only.", peer.first, Label("peer", node.value()));
  for (const auto& [node, peer] : worst)
    out->Gauge("quadraft_raft_peer_silent_seconds", "Since a follower was last heard; leader only.", Seconds(peer.second), Label("peer", node.value()));
  for (const auto& [node, peer] : worst)
    out->Gauge("quadraft_raft_peer_active", "1 when a follower was heard within a second; leader only.", peer.second <= kActiveWithin, Label("peer", node.value()));
}

void AddHost(const replica::ReplicaHost& host, List* out) {
  const replica::HostCounters& c = host.counters();
  out->Gauge("quadraft_groups", "Raft groups of this node.", host.groups().size());
  out->Gauge("quadraft_groups_sleeping", "Groups with nothing to do, which cost nothing.", host.sleeping_groups());
  out->Counter("quadraft_groups_woken_total", "Sleeping groups woken on account of another node.", c.groups_woken);
  out->Counter("quadraft_peer_silences_total", "Times that another node was taken for dead by whose groups sleep.", c.nodes_silent);
  out->Counter("quadraft_peer_batches_received_total", "Batches of Raft messages from other nodes.", c.batches_received);
  out->Counter("quadraft_peer_batches_invalid_total", "Of these, not to be decoded, or with unknown parts.", c.batches_invalid);
  out->Counter("quadraft_peer_batches_other_version_total", "Of these, from a node that speaks another version.", c.batches_of_other_version);
  out->Counter("quadraft_peer_messages_received_total", "Raft messages in them.", c.messages_received);
  out->Counter("quadraft_peer_messages_unknown_group_total", "Raft messages for a group that this node does not have.", c.messages_unknown_group);
}

void AddSnapshots(const replica::GroupStatus& s, const replica::HostCounters& host, const store::StateStats& state,
                  List* out) {
  out->Gauge("quadraft_raft_snapshots_sending", "Snapshot streams to others under way.", s.snapshots_sending);
  out->Gauge("quadraft_raft_snapshot_sent_bytes", "Of those, what their receivers hold.", s.snapshot_sent_bytes);
  out->Gauge("quadraft_raft_snapshot_receiving", "1 while a snapshot is coming in.", s.snapshot_receiving);
  out->Gauge("quadraft_raft_snapshot_received_bytes", "Of that one, what is staged.", s.snapshot_received_bytes);
  out->Counter("quadraft_raft_snapshots_sent_total", "Snapshots streamed to the end.", host.snapshots_sent);
  out->Counter("quadraft_raft_snapshots_abandoned_total", "Snapshots whose stream was given up.", host.snapshots_abandoned);
  out->Counter("quadraft_raft_snapshots_installed_total", "Snapshots received and installed.", host.snapshots_installed);
  out->Counter("quadraft_snapshot_read_bytes_total", "Bytes of snapshots read out to be sent.", state.snapshot_bytes_read);
  out->Counter("quadraft_snapshot_staged_bytes_total", "Bytes of snapshots taken in, installed or not.", state.snapshot_bytes_staged);
}

void AddLog(const GaugeSources& s, List* out) {
  const uint64_t full = s.log.current_segment - s.log.oldest_segment;
  out->Counter("quadraft_log_syncs_total", "Syncs of the log.", s.replicas.counters().syncs);
  out->Gauge("quadraft_log_segment", "Number of the current segment.", s.log.current_segment);
  out->Gauge("quadraft_log_oldest_segment", "Number of the oldest segment kept.", s.log.oldest_segment);
  out->Gauge("quadraft_log_size_bytes", "Of the log on disk, each older segment taken as full.",
             static_cast<double>(full * s.log_segment_bytes + s.log.current_segment_bytes));
  out->Counter("quadraft_log_records_total", "Records written since the log is there.", s.log.last_sequence);
  out->Gauge("quadraft_log_unsynced_records", "Records written and not durable yet.", s.log.last_sequence - s.log.synced_sequence);
}

void AddStore(const GaugeSources& s, const store::StateStats& state, List* out) {
  const store::KvStats kv = s.kv.stats();
  out->Gauge("quadraft_store_quads", "Quads in the store.", s.state.quad_count());
  out->Gauge("quadraft_store_recent_rows", "Rows in memory that the next fold writes.", state.recent_rows);
  out->Gauge("quadraft_store_runs", "Runs of rows in the store.", state.stored_runs);
  out->Counter("quadraft_store_folds_total", "Folds of recent rows into the store.", state.folds);
  for (size_t level = 0; level < kv.files.size(); ++level)
    out->Gauge("quadraft_kv_files", "Files of LevelDB, by level.", kv.files[level], Label("level", level));
  out->Gauge("quadraft_kv_size_bytes", "Of LevelDB's files, about.", kv.size_bytes);
  out->Gauge("quadraft_kv_memory_bytes", "Of LevelDB's write buffers and block cache, about.", kv.memory_bytes);
}

void AddSessions(const txn::SessionTable& sessions, List* out) {
  const txn::SessionCounters& c = sessions.counters();
  out->Gauge("quadraft_sessions_open", "Exactly-once sessions of clients.", sessions.summary().count);
  out->Gauge("quadraft_session_outcomes", "Outcomes of updates that are kept for them.", sessions.outcomes());
  out->Counter("quadraft_sessions_registered_total", "Sessions registered, as applied by this node.", c.registered);
  constexpr std::string_view kEnded = "quadraft_sessions_ended_total", kHelp = "Sessions that ended, as applied by this node.";
  out->Counter(kEnded, kHelp, c.closed, Label("reason", "closed"));
  out->Counter(kEnded, kHelp, c.evicted, Label("reason", "evicted"));
  out->Counter(kEnded, kHelp, c.expired, Label("reason", "expired"));
  out->Counter("quadraft_session_deduplicated_total", "Entries that held a copy of an update that was done before.", c.deduplicated);
  out->Counter("quadraft_session_refused_total", "Entries of an unknown session, or with a sequence that is not to be done.", c.refused);
}

void AddHttp(const GaugeSources& s, List* out) {
  out->Gauge("quadraft_queries_running", "Queries under way.", s.queries_running);
  out->Gauge("quadraft_updates_evaluating", "Updates with a WHERE part that are evaluated or wait for it; leader only.", s.updates_evaluating);
  out->Gauge("quadraft_rpc_calls_pending", "Requests to other nodes that wait for their answer.", s.rpc_calls_pending);
  out->Gauge("quadraft_http_connections_open", "Client connections.", s.http.connections_open);
  out->Counter("quadraft_http_connections_total", "Client connections taken.", s.http.connections_accepted);
  out->Counter("quadraft_http_connections_refused_total", "Client connections over the bound.", s.http.connections_refused);
  out->Counter("quadraft_http_requests_total", "Requests handed to this node.", s.http.requests);
  out->Counter("quadraft_http_rejected_total", "Requests refused before they were understood.", s.http.rejected);
  out->Counter("quadraft_http_clients_gone_total", "Clients that left before their answer was whole.", s.http.clients_gone);
  out->Gauge("quadraft_start_time_seconds", "When this node started, since 1970.", static_cast<double>(s.started.unix_us) / 1e6);
}

// Rows of one name stand together: a name at a time, over all groups.
void AddGroups(const std::vector<GroupId>& ids, const std::vector<replica::GroupStatus>& groups, List* out) {
  const size_t shown = std::min(groups.size(), kGroupsShownMax);
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    for (size_t i = 0; i < shown; ++i)
      out->Gauge(name, help, static_cast<double>(value(groups[i])), Label("group", ids[i].value()));
  };
  using Status = replica::GroupStatus;
  each("quadraft_group_has_leader", "1 when this node knows a leader of the group.", [](const Status& s) { return s.leader != NodeId{}; });
  each("quadraft_group_is_leader", "1 when this node leads the group.", [](const Status& s) { return s.role == raft::Role::kLeader; });
  each("quadraft_group_term", "Election term of the group.", [](const Status& s) { return s.term.value(); });
  each("quadraft_group_commit_index", "Last entry of the group known to be committed.", [](const Status& s) { return s.commit.value(); });
  each("quadraft_group_applied_index", "Last entry of the group in this node's state.", [](const Status& s) { return s.applied.value(); });
  each("quadraft_group_lag_entries", "Entries that the group's slowest follower is not known to hold; leader only.", SlowestLag);
  each("quadraft_group_retained_entries", "Entries of the group held in memory.", [](const Status& s) { return s.retained_entries; });
  each("quadraft_group_proposals_pending", "Proposals of the group under way.", [](const Status& s) { return s.pending_proposals; });
  each("quadraft_group_sleeping", "1 when the group sleeps.", [](const Status& s) { return s.quiesced; });
}

void AddCounters(const replica::GroupCounters& from, replica::GroupCounters* to) {
  using raft::Counters;
  using replica::GroupCounters;
  for (uint64_t GroupCounters::*const counter :
       {&GroupCounters::proposals, &GroupCounters::proposals_applied, &GroupCounters::proposals_refused, &GroupCounters::proposals_unknown,
        &GroupCounters::reads, &GroupCounters::reads_failed, &GroupCounters::stale_reads, &GroupCounters::appended_entries, &GroupCounters::appended_bytes,
        &GroupCounters::applied_entries, &GroupCounters::compactions}) {
    to->*counter += from.*counter;
  }
  for (uint64_t Counters::*const counter :
       {&Counters::campaigns, &Counters::elections_won, &Counters::leader_changes, &Counters::step_downs, &Counters::transfers,
        &Counters::changes, &Counters::rejected_appends, &Counters::invalid_messages, &Counters::quiesced,
        &Counters::lease_reads, &Counters::quorum_reads, &Counters::commits_held_off}) {
    to->raft.*counter += from.raft.*counter;
  }
}

std::vector<replica::GroupStatus> Statuses(const replica::ReplicaHost& host) {
  std::vector<replica::GroupStatus> groups;
  for (const GroupId group : host.groups()) groups.push_back(host.status(group));
  return groups;
}

}  // namespace

replica::GroupStatus Sum(const std::vector<replica::GroupStatus>& groups) {
  replica::GroupStatus sum = groups.at(0);
  for (size_t i = 1; i < groups.size(); ++i) {
    const replica::GroupStatus& s = groups[i];
    for (LogIndex replica::GroupStatus::*const index :
         {&replica::GroupStatus::commit, &replica::GroupStatus::applied, &replica::GroupStatus::last, &replica::GroupStatus::snapshot}) {
      sum.*index = std::max(sum.*index, s.*index);
    }
    sum.term = std::max(sum.term, s.term);
    if (s.role == raft::Role::kLeader) sum.role = s.role;
    if (s.leader == NodeId{}) sum.leader = NodeId{};  // One without a leader is what matters.
    sum.retained_entries += s.retained_entries;
    sum.retained_bytes += s.retained_bytes;
    sum.pending_proposals += s.pending_proposals;
    sum.pending_reads += s.pending_reads;
    sum.removed |= s.removed;
    sum.quiesced &= s.quiesced;
    sum.lease |= s.lease;
    sum.repairing |= s.repairing;
    sum.snapshots_sending += s.snapshots_sending;
    sum.snapshot_sent_bytes += s.snapshot_sent_bytes;
    sum.snapshot_receiving |= s.snapshot_receiving;
    sum.snapshot_received_bytes += s.snapshot_received_bytes;
    AddCounters(s.counters, &sum.counters);
  }
  return sum;
}

std::vector<Gauge> Gauges(const GaugeSources& s) {
  const std::vector<replica::GroupStatus> groups = Statuses(s.replicas);
  const replica::GroupStatus sum = Sum(groups);
  const store::StateStats state = s.state.stats();
  uint64_t apply_lag = 0;
  for (const replica::GroupStatus& group : groups)
    apply_lag += group.commit.value() - std::min(group.commit, group.applied).value();
  List out;
  AddPlaces(sum, apply_lag, &out);
  AddElections(sum.counters.raft, &out);
  out.Counter("quadraft_raft_fell_asleep_total", "Times that a group went to sleep.", sum.counters.raft.quiesced);
  out.Gauge("quadraft_raft_quiesced", "1 when all groups have nothing to do and sleep.", sum.quiesced);
  AddWork(sum, &out);
  AddLeases(sum, s.replicas.counters(), &out);
  AddPeers(groups, &out);
  AddHost(s.replicas, &out);
  AddGroups(s.replicas.groups(), groups, &out);
  AddSnapshots(sum, s.replicas.counters(), state, &out);
  AddLog(s, &out);
  AddStore(s, state, &out);
  AddSessions(s.state.sessions(), &out);
  AddHttp(s, &out);
  return out.Take();
}

std::string GroupsJson(const replica::ReplicaHost& replicas) {
  std::string rows;
  size_t shown = 0;
  for (const GroupId id : replicas.groups()) {
    if (shown++ == kGroupsShownMax) break;
    const replica::GroupStatus status = replicas.status(id);
    JsonObject row;
    row.Add("group", id.value());
    row.Add("role", raft::RoleName(status.role));
    if (status.leader != NodeId{}) row.Add("leader", status.leader.value());
    row.Add("term", status.term.value());
    row.Add("commit_index", status.commit.value());
    row.Add("applied_index", status.applied.value());
    row.Add("last_index", status.last.value());
    row.Add("log_begins_after", status.snapshot.value());
    row.Add("entries_in_memory", uint64_t{status.retained_entries});
    row.Add("proposals_pending", uint64_t{status.pending_proposals});
    row.Add("leader_changes", status.counters.raft.leader_changes);
    row.AddRaw("sleeping", status.quiesced ? "true" : "false");
    std::string peers;
    for (const replica::PeerStatus& peer : status.peers) {
      JsonObject one;
      one.Add("node", peer.node.value());
      one.Add("match", peer.match.value());
      one.Add("lag", Lag(status, peer));
      one.AddRaw("takes_snapshot", peer.state == raft::ProgressState::kSnapshot ? "true" : "false");
      one.Add("silent_ms", static_cast<uint64_t>(std::max<int64_t>(0, peer.silent_for / milliseconds(1))));
      StrAppend(&peers, peers.empty() ? "" : ", ", one.Text());
    }
    if (!peers.empty()) row.AddRaw("peers", StrCat("[", peers, "]"));
    StrAppend(&rows, rows.empty() ? "" : ", ", row.Text());
  }
  return StrCat("[", rows, "]");
}

}  // namespace quadraft::node
