// Linearizable reads without a log entry (thesis section 6.4): the commit index at the time of
// the request, at once when there is a lease (lease.h), else once a quorum has answered a heartbeat that was sent after it. Requests gather
// behind the round under way (one round serves many).
#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/raft/raft.h"

namespace quadraft::raft {

void Raft::ReadIndex(MonotonicTime now, uint64_t id) {
  if (!fault_.ok()) return;
  now_ = std::max(now_, now);
  if (auto* leader = std::get_if<Leader>(&state_)) return AddRead(*leader, self_, id);
  const NodeId to = this->leader();
  if (to == NodeId{}) return AnswerRead(self_, id, false, LogIndex{});
  Send(to, ReadIndexRequest{.id = id});
}

void Raft::OnReadIndexRequest(NodeId from, const ReadIndexRequest& request) {
  auto* leader = std::get_if<Leader>(&state_);
  if (leader == nullptr) return AnswerRead(from, request.id, false, LogIndex{});
  AddRead(*leader, from, request.id);
}

void Raft::OnReadIndexReply(NodeId, const ReadIndexReply& reply) {
  pending_.reads.push_back({.id = reply.id, .ok = reply.ok, .index = reply.index});
}

void Raft::AddRead(Leader& leader, NodeId from, uint64_t id) {
  GetUp(/*busy=*/true);
  if (leader.reads.size() + leader.early_reads.size() >= options_.pending_reads_max) {
    return AnswerRead(from, id, false, LogIndex{});
  }
  // Until our no-op commits we do not know how far earlier leaders had committed.
  if (commit_ < leader.first_index && !QR_MUTANT("read-before-first-commit")) {
    SIM_SOMETIMES(true, "early-read-waited");
    leader.early_reads.push_back({.from = from, .id = id});
    return;
  }
  if (LeaseHolds(now_)) {
    ++counters_.lease_reads;
    return AnswerRead(from, id, true, commit_);
  }
  if (QR_MUTANT("read-without-quorum")) return AnswerRead(from, id, true, commit_);
  const uint64_t round = leader.round + (QR_MUTANT("read-joins-earlier-round") ? 0 : 1);
  leader.reads.push_back({.from = from, .id = id, .index = commit_, .round = round});
}

// New reads start a round at once unless one is under way; then its end, or the next heartbeat,
// starts theirs.
void Raft::StartReads(Leader& leader) {
  if (leader.reads.empty() || leader.reads.back().round <= leader.round) return;
  if (leader.reads.front().round <= leader.round) return;
  BroadcastHeartbeat(leader);
  ConfirmReads(leader);  // Where we alone are the quorum.
}

void Raft::ConfirmReads(Leader& leader) {
  if (leader.reads.empty()) return;
  const uint64_t confirmed = configuration().QuorumValue(
      [&](NodeId node) { return node == self_ ? leader.round : FindPeer(node)->acked_round; });
  while (!leader.reads.empty() && leader.reads.front().round <= confirmed) {
    const auto read = leader.reads.front();
    leader.reads.pop_front();
    ++counters_.quorum_reads;
    AnswerRead(read.from, read.id, true, read.index);
  }
}

void Raft::AnswerRead(NodeId from, uint64_t id, bool ok, LogIndex index) {
  if (from == self_) {
    pending_.reads.push_back({.id = id, .ok = ok, .index = index});
  } else {
    Send(from, ReadIndexReply{.id = id, .ok = ok, .index = index});
  }
}

void Raft::FailReads(Leader& leader) {
  for (const auto* queue : {&leader.reads, &leader.early_reads}) {
    for (const auto& read : *queue) AnswerRead(read.from, read.id, false, LogIndex{});
  }
}

}  // namespace quadraft::raft
