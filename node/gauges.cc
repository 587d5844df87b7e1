#include "node/gauges.h"

#include "core/base/strings.h"

namespace quadraft::node {
namespace {

constexpr std::string_view kGauge = "gauge", kCounter = "counter";

}  // namespace

std::vector<Gauge> Gauges(const GaugeSources& s) {
  std::vector<Gauge> out;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    out.push_back({name, help, type, "", static_cast<double>(value)});
  };
  const raft::Counters& raft = s.group.counters.raft;
  add("quadraft_raft_has_leader", kGauge, "1 when this node knows a leader.",
      s.group.leader != NodeId{});
  add("quadraft_raft_is_leader", kGauge, "1 when this node leads.",
      s.group.role == raft::Role::kLeader);
  add("quadraft_raft_term", kGauge, "Election term.", s.group.term.value());
  add("quadraft_raft_commit_index", kGauge, "Last entry known to be committed.",
      s.group.commit.value());
  add("quadraft_raft_applied_index", kGauge, "Last entry in this node's state.",
      s.group.applied.value());
  add("quadraft_raft_last_index", kGauge, "Last entry of this node's log.", s.group.last.value());
  add("quadraft_raft_retained_entries", kGauge, "Entries held in memory.",
      s.group.retained_entries);
  add("quadraft_raft_retained_bytes", kGauge, "Bytes of entries held in memory.",
      s.group.retained_bytes);
  add("quadraft_raft_campaigns_total", kCounter, "Elections that this node began.", raft.campaigns);
  add("quadraft_raft_elections_won_total", kCounter, "Elections that this node won.",
      raft.elections_won);
  add("quadraft_raft_leader_changes_total", kCounter, "Leader changes seen by this node.",
      raft.leader_changes);
  add("quadraft_raft_step_downs_total", kCounter, "Times this node stopped leading.",
      raft.step_downs);
  add("quadraft_raft_transfers_total", kCounter, "Transfers of leadership begun here.",
      raft.transfers);
  add("quadraft_raft_membership_changes_total", kCounter, "Changes of members proposed here.",
      raft.changes);
  add("quadraft_raft_voters", kGauge, "Members that vote, by this node's log.",
      s.group.configuration.voters().size());
  add("quadraft_raft_learners", kGauge, "Members that do not vote.",
      s.group.configuration.state().learners.size());
  add("quadraft_raft_quiesced", kGauge, "1 when the group has nothing to do and sleeps.",
      s.group.quiesced);
  add("quadraft_raft_removed", kGauge, "1 when another node says that this one was removed.",
      s.group.removed);
  add("quadraft_raft_proposals_total", kCounter, "Proposals taken.", s.group.counters.proposals);
  add("quadraft_raft_proposals_applied_total", kCounter, "Proposals answered after applying.",
      s.group.counters.proposals_applied);
  add("quadraft_raft_proposals_refused_total", kCounter, "Proposals refused; nothing was done.",
      s.group.counters.proposals_refused);
  add("quadraft_raft_proposals_unknown_total", kCounter, "Proposals whose outcome is unknown.",
      s.group.counters.proposals_unknown);
  add("quadraft_raft_proposals_pending", kGauge, "Proposals under way.", s.group.pending_proposals);
  add("quadraft_raft_reads_total", kCounter, "Read barriers asked for.", s.group.counters.reads);
  add("quadraft_raft_reads_failed_total", kCounter, "Read barriers that no quorum confirmed.",
      s.group.counters.reads_failed);
  add("quadraft_raft_snapshots_sent_total", kCounter, "Snapshots streamed to the end.",
      s.host.snapshots_sent);
  add("quadraft_raft_snapshots_installed_total", kCounter, "Snapshots received and installed.",
      s.host.snapshots_installed);
  for (const replica::PeerStatus& peer : s.group.peers) {
    out.push_back({"quadraft_raft_peer_match_index",
                   "Last entry that a follower is known to hold; leader only.", kGauge,
                   StrCat("{peer=\"", peer.node, "\"}"), static_cast<double>(peer.match.value())});
  }
  add("quadraft_log_syncs_total", kCounter, "Syncs of the log.", s.host.syncs);
  add("quadraft_log_segment", kGauge, "Number of the current segment.", s.log.current_segment);
  add("quadraft_log_oldest_segment", kGauge, "Number of the oldest segment kept.",
      s.log.oldest_segment);
  add("quadraft_store_quads", kGauge, "Quads in the store.", s.state.quad_count());
  add("quadraft_queries_running", kGauge, "Queries under way.", s.queries_running);
  add("quadraft_http_connections_open", kGauge, "Client connections.", s.http.connections_open);
  add("quadraft_http_connections_total", kCounter, "Client connections taken.",
      s.http.connections_accepted);
  add("quadraft_http_requests_total", kCounter, "Requests handed to this node.", s.http.requests);
  add("quadraft_http_rejected_total", kCounter, "Requests refused before they were understood.",
      s.http.rejected);
  return out;
}

}  // namespace quadraft::node
