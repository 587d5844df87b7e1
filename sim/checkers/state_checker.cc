#include "sim/checkers/state_checker.h"

namespace quadraft::sim {

Status StateChecker::AfterEvent(const EventRecord& event) {
  if (!cluster_->IsServer(event.node)) return OkStatus();
  node::Node* const node = cluster_->node(event.node);
  if (node == nullptr) return OkStatus();
  const LogIndex applied = node->state().applied_index();
  LogIndex& looked_at = looked_at_[event.node];
  if (applied == looked_at) return OkStatus();
  looked_at = applied;
  const auto [known, added] = digests_.try_emplace(applied, node->state().content_digest());
  if (known->second != node->state().content_digest()) {
    return Internal("content digests differ: node ", event.node, " at applied index ", applied,
                    " has ", node->state().content_digest().ToHex(), ", another node had ",
                    known->second.ToHex());
  }
  if (digests_.size() > kDigestsMax) digests_.erase(digests_.begin());
  return OkStatus();
}

Status StateChecker::AtEnd() {
  for (const NodeId id : cluster_->Intact()) {
    node::Node* const node = cluster_->node(id);
    if (node == nullptr) continue;  // An outsider; that the core runs was waited for.
    QR_RETURN_IF_ERROR(Annotate(node->state().CheckConsistency(), StrCat("node ", id)));
  }
  return OkStatus();
}

}  // namespace quadraft::sim
