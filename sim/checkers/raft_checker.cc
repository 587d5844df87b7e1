#include "sim/checkers/raft_checker.h"

#include <algorithm>

namespace quadraft::sim {

Status RaftChecker::AfterEvent(const EventRecord& event) {
  if (event.node == NodeId{}) return OkStatus();
  const raft::Raft* const raft = raft_of_(event.node);
  if (raft == nullptr) return OkStatus();
  uint64_t& incarnation = incarnations_[event.node];
  const uint64_t now = world_->process(event.node).incarnation();
  if (incarnation != now) {
    incarnation = now;
    invariants_.Restarted(event.node);
  }
  if (++observed_ % kForgetEvery == 0) ForgetCompacted();
  QR_RETURN_IF_ERROR(invariants_.Observe(*raft));
  return raft->role() == raft::Role::kLeader && raft->options().lease_reads ? CheckLeases(*raft)
                                                                            : OkStatus();
}

// It may have committed what it must not, or it may have got a lease late.
Status RaftChecker::CheckLeases(const raft::Raft& changed) {
  const MonotonicTime now = world_->process(changed.self()).env()->Now();
  for (const NodeId id : servers_) {
    const raft::Raft* const other = id == changed.self() ? nullptr : raft_of_(id);
    if (other == nullptr || other->role() != raft::Role::kLeader) continue;
    QR_RETURN_IF_ERROR(raft::CheckLease(*other, world_->process(id).env()->Now(), changed));
    QR_RETURN_IF_ERROR(raft::CheckLease(changed, now, *other));
  }
  return OkStatus();
}

void RaftChecker::ForgetCompacted() {
  LogIndex lowest{UINT64_MAX};
  for (const NodeId id : servers_) {
    const Process& process = world_->process(id);
    if (process.broken()) continue;            // It may never look again.
    if (process.incarnation() == 0) continue;  // A spare one, with nothing to look at.
    const raft::Raft* const raft = raft_of_(id);
    if (raft == nullptr) return;
    lowest = std::min(lowest, raft->log().snapshot_index());
  }
  if (lowest > LogIndex{1}) invariants_.ForgetThrough(lowest.Previous());
}

}  // namespace quadraft::sim
