// Replication and the commit rule (thesis sections 3.5, 3.6.2, 6.2, 10.2).
#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

StatusOr<LogIndex> Raft::Propose(std::shared_ptr<const std::string> payload) {
  auto* leader = std::get_if<Leader>(&state_);
  if (!fault_.ok()) return fault_;
  if (leader == nullptr) return Unavailable("not the leader");
  if (leader->transferee != NodeId{}) {
    return Unavailable("leadership is being handed to node ", leader->transferee);
  }
  const size_t bytes = payload ? payload->size() : 0;
  if (log_.last_index().value() - commit_.value() >= options_.uncommitted_entries_max ||
      leader->uncommitted_bytes + bytes > std::max(options_.uncommitted_bytes_max, bytes)) {
    return ResourceExhausted(
        "too much is not committed yet: ", log_.last_index().value() - commit_.value(),
        " entries, ", leader->uncommitted_bytes, " bytes");
  }
  GetUp(/*busy=*/true);
  leader->uncommitted_bytes += bytes;
  const LogIndex index = log_.last_index().Next();
  log_.Append(
      {.term = term_, .index = index, .kind = EntryKind::kNormal, .payload = std::move(payload)});
  return index;
}

Status Raft::TransferLeadership(NodeId to) {
  auto* leader = std::get_if<Leader>(&state_);
  if (!fault_.ok()) return fault_;
  if (leader == nullptr) return Unavailable("not the leader");
  if (to == self_ || !configuration().IsVoter(to)) {
    return InvalidArgument("node ", to, " is no other voter: it cannot lead next");
  }
  if (leader->transferee != NodeId{} && leader->transferee != to) {
    return Unavailable("leadership is being handed to node ", leader->transferee);
  }
  if (leader->transferee == NodeId{}) {
    ++counters_.transfers;
    GetUp(/*busy=*/true);
    leader->transferee = to;
    GiveLeaseUp(*leader);
    leader->transfer_deadline = now_ + options_.transfer_timeout;
    MaybeSendTimeoutNow();
  }
  return OkStatus();
}

// Once the next leader holds all that we hold; again with each heartbeat, since it may be lost.
void Raft::MaybeSendTimeoutNow() {
  const auto& leader = std::get<Leader>(state_);
  if (leader.transferee == NodeId{}) return;
  const Progress* to = FindPeer(leader.transferee);
  if (to != nullptr && to->match == log_.last_index()) {
    Send(leader.transferee, TimeoutNow{.waived_round = WaivedRound(leader)});
  }
}

// Check-quorum: a leader that a quorum has not answered for long steps down, so that its clients
// look for the one that may have been elected on the other side.
bool Raft::QuorumIsSilent(const Leader& leader) const {
  const auto oldest_heard = configuration().QuorumValue([&](NodeId node) -> uint64_t {
    if (node == self_) return now_.time_since_epoch().count();
    return leader.peers.Find(node)->last_heard.time_since_epoch().count();
  });
  const Duration longest = leader.timeout + options_.ElectionSpread(leader.timeout);
  return MonotonicTime(Duration(oldest_heard)) +
             std::max(longest, options_.check_quorum_timeout_min) <
         now_;
}

void Raft::LeaderTick() {
  auto& leader = std::get<Leader>(state_);
  const Duration interval = leader.timeout / kHeartbeatsPerTimeout;
  // We stood still ourselves: the answers may wait behind this tick.
  if (now_ - leader.next_heartbeat > interval) leader.excused_until = now_ + 2 * interval;
  if (leader.excused_until <= now_ && QuorumIsSilent(leader)) {
    SIM_SOMETIMES(true, "stepped-down-by-check-quorum");
    return BecomeFollower(term_, NodeId{});
  }
  SetPace(leader);
  MaybeQuiesce(leader);
  if (leader.transferee != NodeId{} && leader.transfer_deadline <= now_) {
    leader.transferee = NodeId{};  // It did not take over: we go on.
  }
  BroadcastHeartbeat(leader);
  FallAsleepIfAll(leader);  // Where nobody is to be asked.
  MaybeSendTimeoutNow();
}

// Null: we do not lead, or it is no member, or ourselves.
Progress* Raft::FindPeer(NodeId node) {
  auto* leader = std::get_if<Leader>(&state_);
  return leader != nullptr ? leader->peers.Find(node) : nullptr;
}

// T from the round trips of those that were heard of late: a group is as slow as its slowest voter,
// whose vote may be the one that counts. One that was never timed says nothing.
void Raft::SetPace(Leader& leader) {
  Duration needed{-1};
  for (const Progress& peer : leader.peers) {
    if (!peer.round_trip.known() || !configuration().IsVoter(peer.node)) continue;
    if (peer.last_heard + options_.check_quorum_timeout_min < now_) continue;
    needed = std::max(
        {needed, 2 * peer.round_trip.worst(),
         kRoundTripsPerTimeout * (peer.round_trip.mean() + 4 * peer.round_trip.deviation())});
  }
  if (needed < Duration(0)) return;
  leader.timeout = needed;
  leader.timeout = election_timeout();  // Within the bounds.
}

// The first ones follow each other quickly, so that something is measured.
MonotonicTime Raft::NextHeartbeat(const Leader& leader) const {
  constexpr uint64_t kQuickRounds = 2 * kEstimateSamplesMin;
  Duration interval = options_.heartbeat_interval_min;
  if (leader.round > kQuickRounds) {
    interval = std::clamp(leader.timeout / kHeartbeatsPerTimeout, interval,
                          std::max(interval, options_.heartbeat_interval_max));
  }
  const MonotonicTime next = now_ + interval;
  const Duration grid = std::min(options_.heartbeat_grid, interval);
  return grid <= Duration(0) ? next : next - next.time_since_epoch() % grid;
}

void Raft::TimeRoundTrip(Progress& peer, uint64_t round) {
  if (peer.timed_round != 0 && round == peer.timed_round) {
    peer.round_trip.Add(now_ - peer.timed_since, now_);
  }
  // Lost, or overtaken: says nothing.
  if (round >= peer.timed_round) peer.timed_round = 0;
}

uint32_t Raft::PriorityOf(NodeId node) const {
  if (node == self_) return options_.priority;
  return health_ == nullptr ? kPriorityDefault : health_->PriorityOf(node);
}

// Of the others that were heard of late and hold as much of the log, those with a higher priority.
uint32_t Raft::RankOf(const Leader& leader, const Progress& peer) const {
  if (health_ == nullptr) return 0;
  const uint32_t priority = PriorityOf(peer.node);
  uint32_t rank = 0;
  for (const Progress& other : leader.peers) {
    const bool there = other.last_heard + options_.check_quorum_timeout_min >= now_ &&
                       other.match >= peer.match && configuration().IsVoter(other.node);
    if (there && PriorityOf(other.node) > priority) ++rank;
  }
  return rank;
}

void Raft::BroadcastHeartbeat(Leader& leader) {
  ++leader.round;
  leader.next_heartbeat = NextHeartbeat(leader);
  const Duration lease = LeaseToOffer(leader);
  if (lease > Duration(0)) {
    leader.lease.Offer(leader.round, now_,
                       QR_MUTANT("lease-ignores-drift")
                           ? lease
                           : UsableLease(lease, options_.clock_drift_ppm_max));
  }
  for (Progress& peer : leader.peers) {
    const LogIndex commit =
        QR_MUTANT("heartbeat-commits-beyond-match") ? commit_ : std::min(commit_, peer.match);
    peer.sent_commit = std::max(peer.sent_commit, commit);
    if (peer.timed_round == 0) {
      peer.timed_round = leader.round;
      peer.timed_since = now_;
    }
    Send(peer.node, Heartbeat{.commit = commit,
                              .round = leader.round,
                              .election_timeout = leader.timeout,
                              .quiesce = leader.quiesce_round != 0,
                              .lease = lease,
                              .rank = RankOf(leader, peer)});
  }
}

void Raft::OnHeartbeatReply(NodeId from, const HeartbeatReply& reply) {
  Progress* const known = FindPeer(from);
  if (known == nullptr) return;
  auto& leader = std::get<Leader>(state_);
  Progress& peer = *known;
  peer.last_heard = now_;
  peer.probe_sent = false;
  TimeRoundTrip(peer, reply.round);
  peer.quiesced =
      reply.quiesced && reply.round >= leader.quiesce_round && leader.quiesce_round != 0;
  // An Append or its reply may have been lost: one more, maybe empty, brings the truth to light.
  if (peer.match < log_.last_index()) peer.append_wanted = true;
  if (reply.round > peer.acked_round && reply.round <= leader.round) {
    peer.acked_round = reply.round;
    if (reply.promised) peer.promised_round = reply.round;
    ConfirmLease(leader);
    ConfirmReads(leader);
  }
  if (peer.quiesced) FallAsleepIfAll(leader);
}

void Raft::OnAppendReply(NodeId from, const AppendReply& reply) {
  Progress* const known = FindPeer(from);
  if (known == nullptr) return;
  auto& leader = std::get<Leader>(state_);
  Progress& peer = *known;
  peer.last_heard = now_;
  if (!reply.rejected) {
    if (reply.index > log_.last_index()) {
      ++counters_.invalid_messages;
      return;
    }
    peer.probe_sent = false;
    const bool advanced = reply.index > peer.match;
    if (advanced) {
      peer.match = reply.index;
      MaybeCommit();
      if (leader.transferee == from) MaybeSendTimeoutNow();
    }
    return OnAccepted(peer, advanced);
  }
  if (reply.index <= peer.match || peer.state == ProgressState::kSnapshot) return;  // Stale.
  if (peer.state == ProgressState::kProbe && peer.next.Previous() != reply.index) return;
  // The follower's hint is its last entry at or below the rejected one with a term no larger; ours
  // with a term no larger than that may match. Both sides skip whole terms, so there are at most as
  // many probes as terms.
  LogIndex hint = std::min(reply.hint_index, reply.index.Previous());
  if (hint >= log_.snapshot_index())
    hint = log_.LastAtOrBelow(hint, reply.hint_term);  // Else: a snapshot.
  SIM_SOMETIMES(hint.Next() < reply.index, "probe-skipped-entries");
  peer.BecomeProbe();
  peer.next = std::max(hint.Next(), peer.match.Next());
  peer.append_wanted = true;
}

void Raft::OnAccepted(Progress& peer, bool advanced) {
  switch (peer.state) {
    case ProgressState::kProbe:
      peer.BecomeReplicate();
      break;
    case ProgressState::kReplicate:
      peer.inflight.FreeThrough(peer.match);
      peer.next = std::max(peer.next, peer.match.Next());
      break;
    case ProgressState::kSnapshot:
      if (!advanced) break;
      // Our log may have been compacted past it meanwhile: then the probe asks for another
      // snapshot.
      peer.BecomeProbe();
      peer.append_wanted = true;
      break;
  }
}

// Only an entry of our own term commits by counting; earlier ones commit with it (Raft paper,
// figure 8).
void Raft::MaybeCommit() {
  auto& leader = std::get<Leader>(state_);
  LogIndex held_by_quorum{configuration().QuorumValue([&](NodeId node) {
    if (node != self_) return FindPeer(node)->match.value();
    return (QR_MUTANT("ack-before-sync") ? log_.last_index() : log_.stable_index()).value();
  })};
  if (QR_MUTANT("unsorted-quorum") && !leader.peers.empty())
    held_by_quorum = leader.peers[leader.peers.size() / 2].match;
  if (CommitIsHeldOff(leader) || held_by_quorum <= commit_) return;
  if (!log_.Has(held_by_quorum, term_) && !QR_MUTANT("commit-old-term")) return;
  for (LogIndex i = commit_.Next(); i <= held_by_quorum; i = i.Next()) {
    leader.uncommitted_bytes -= std::min(leader.uncommitted_bytes, log_.at(i).payload_bytes());
  }
  SIM_SOMETIMES(log_.term_at(commit_.Next()) != term_, "old-term-entries-committed");
  SetCommit(held_by_quorum);
  if (commit_ < leader.first_index) return;
  for (const auto& read : std::exchange(leader.early_reads, {}))
    AddRead(leader, read.from, read.id);
}

// Sends what each follower may be sent: entries as far as its window goes, else news of the commit
// index.
void Raft::FlushAppends(Leader& leader) {
  for (Progress& peer : leader.peers) {
    while (SendAppend(leader, peer)) {
    }
  }
}

// True: sent, and there may be more to send.
bool Raft::SendAppend(Leader& leader, Progress& peer) {
  if (peer.state == ProgressState::kSnapshot) return false;
  if (peer.state == ProgressState::kProbe && peer.probe_sent) return false;
  const bool window_full = peer.inflight.full(options_) ||
                           (!peer.inflight.empty() && SIM_MAYBE("small-inflight-window"));
  const bool has_entries = peer.next <= log_.last_index() && !window_full;
  const bool commit_news = peer.state == ProgressState::kReplicate && peer.sent_commit < commit_ &&
                           peer.sent_commit < peer.next.Previous();
  if (!has_entries && !commit_news && !peer.append_wanted) return false;
  const LogIndex prev = peer.next.Previous();
  const auto prev_term = log_.term_at(prev);
  if (!prev_term.has_value()) {
    WantSnapshot(peer);
    return false;
  }
  Append append{.prev_index = prev, .prev_term = *prev_term, .commit = commit_};
  size_t bytes = 0;
  if (has_entries) {
    const size_t entries_max = SIM_MAYBE("short-append-batch") ? 1 : options_.append_entries_max;
    append.entries =
        log_.Slice(peer.next, log_.last_index(), entries_max, options_.append_bytes_max);
    if (QR_MUTANT("commit-old-term")) {  // One term per Append (harmless by itself) gives the bug
                                         // its chance.
      while (append.entries.back().term != append.entries.front().term) append.entries.pop_back();
    }
    for (const Entry& entry : append.entries) bytes += entry.payload_bytes();
  }
  const LogIndex last{prev.value() + append.entries.size()};
  peer.append_wanted = false;
  peer.sent_commit = std::max(peer.sent_commit, std::min(commit_, last));
  if (peer.state == ProgressState::kReplicate) {
    if (has_entries) peer.inflight.Add(last, bytes);
    peer.next = last.Next();
  } else {
    peer.probe_sent = true;
  }
  Send(peer.node, std::move(append));
  return has_entries && peer.state == ProgressState::kReplicate;
}

void Raft::WantSnapshot(Progress& peer) {
  peer.append_wanted = false;
  if (peer.last_heard + options_.check_quorum_timeout_min < now_) return;  // Not there to receive it.
  SIM_SOMETIMES(true, "snapshot-needed");
  peer.BecomeSnapshot();
  pending_.snapshots_wanted.push_back(peer.node);
}

bool Raft::SendSnapshotChunk(NodeId to, SnapshotChunk chunk) {
  if (!fault_.ok()) return false;
  Progress* peer = FindPeer(to);
  if (peer == nullptr || peer->state != ProgressState::kSnapshot) return false;
  Send(to, std::move(chunk));
  return true;
}

void Raft::OnSnapshotReply(NodeId from, const SnapshotReply& reply) {
  Progress* const known = FindPeer(from);
  if (known == nullptr) return;
  Progress& peer = *known;
  peer.last_heard = now_;
  pending_.snapshot_replies.push_back({.from = from, .reply = reply});
  if (!reply.installed || reply.index > commit_ || reply.index <= peer.match) return;
  peer.match = reply.index;
  MaybeCommit();
  if (peer.state == ProgressState::kSnapshot) {
    peer.BecomeProbe();
    peer.append_wanted = true;
  }
}

void Raft::SnapshotAbandoned(NodeId node) {
  Progress* peer = FindPeer(node);
  if (peer == nullptr || peer->state != ProgressState::kSnapshot) return;
  peer->BecomeProbe();
  peer->probe_sent = true;  // Its next heartbeat reply starts anew.
}

}  // namespace quadraft::raft
