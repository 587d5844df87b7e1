#include "sim/checkers/state_checker.h"

namespace quadraft::sim {

Status StateChecker::AfterEvent(const EventRecord& event) {
  if (!cluster_->IsServer(event.node)) return OkStatus();
  node::Node* const node = cluster_->node(event.node);
  if (node == nullptr) return OkStatus();
  const LogIndex applied = node->state().applied_index();
  const std::pair now{cluster_->process(event.node).incarnation(), applied};
  auto& looked_at = looked_at_[event.node];
  if (now == looked_at) return OkStatus();
  looked_at = now;
  if (applied > committed_->commit()) {
    return Internal("state machine safety: node ", event.node, " has applied entry ", applied,
                    ", and no server was seen to have committed it");
  }
  const Hash128 expected = applied == LogIndex{} ? Hash128{} : committed_->at(applied).digest;
  if (node->state().content_digest() != expected) {
    return Internal("digests: node ", event.node, " at applied index ", applied,
                    " has content digest ", node->state().content_digest().ToHex(),
                    "; the committed entries up to there give ", expected.ToHex());
  }
  const txn::SessionSummary sessions =
      applied == LogIndex{} ? txn::SessionSummary{} : committed_->at(applied).sessions;
  if (const txn::SessionSummary& found = node->state().sessions().summary(); found != sessions) {
    return Internal("sessions: node ", event.node, " at applied index ", applied, " has ", found.count, " with digest ",
                    found.digest.ToHex(), " at ", found.clock_ms, " ms; the committed entries up to there give ",
                    sessions.count, " with ", sessions.digest.ToHex(), " at ", sessions.clock_ms, " ms");
  }
  return OkStatus();
}

Status StateChecker::AtEnd() {
  for (const NodeId id : cluster_->Intact()) {
    node::Node* const node = cluster_->node(id);
    if (node == nullptr) continue;  // An outsider; that the core runs was waited for.
    QR_RETURN_IF_ERROR(Annotate(node->state().CheckConsistency(),
                                StrCat("dictionary and permutations: node ", id)));
  }
  return OkStatus();
}

}  // namespace quadraft::sim
