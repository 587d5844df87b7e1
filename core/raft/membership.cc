#include "core/raft/membership.h"

#include <algorithm>
#include <utility>

namespace quadraft::raft {
namespace {

void Remove(ConfigurationState& state, NodeId node) {
  state.voters.incoming.Erase(node);
  state.learners.Erase(node);
  state.learners_next.Erase(node);
}

void AddVoter(ConfigurationState& state, NodeId node) {
  Remove(state, node);
  state.voters.incoming.Insert(node);
}

// Who votes in the outgoing list cannot be a learner yet.
void AddLearner(ConfigurationState& state, NodeId node) {
  Remove(state, node);
  (state.voters.outgoing.Contains(node) ? state.learners_next : state.learners).Insert(node);
}

Status Change(ConfigurationState& state, const std::vector<NodeChange>& changes) {
  for (const auto& [kind, node] : changes) {
    if (node == NodeId{}) continue;
    switch (kind) {
      case ChangeKind::kAddVoter:
        AddVoter(state, node);
        break;
      case ChangeKind::kAddLearner:
        AddLearner(state, node);
        break;
      case ChangeKind::kRemove:
        Remove(state, node);
        break;
    }
  }
  if (state.voters.incoming.empty()) return FailedPrecondition("removed all voters");
  return OkStatus();
}

// Who belongs to it no longer is forgotten: a later member may have the address.
StatusOr<Configuration> RestoreMembers(ConfigurationState state) {
  std::erase_if(state.contacts, [&state](const auto& row) {
    return !state.voters.Contains(row.first) && !state.learners.Contains(row.first);
  });
  return Configuration::Restore(std::move(state));
}

}  // namespace

StatusOr<Configuration> Changer::Simple(const std::vector<NodeChange>& changes) const {
  if (from_.joint()) {
    return FailedPrecondition("can't apply simple config change in joint config");
  }
  ConfigurationState next = from_.state();
  QR_RETURN_IF_ERROR(Change(next, changes));
  if (DifferenceSize(from_.state().voters.incoming, next.voters.incoming) > 1) {
    return FailedPrecondition("more than one voter changed without entering joint config");
  }
  return RestoreMembers(std::move(next));
}

StatusOr<Configuration> Changer::EnterJoint(bool auto_leave,
                                            const std::vector<NodeChange>& changes) const {
  if (from_.joint()) return FailedPrecondition("config is already joint");
  if (from_.voters().empty()) {
    return FailedPrecondition("can't make a zero-voter config joint");
  }
  ConfigurationState next = from_.state();
  next.voters.outgoing = next.voters.incoming;
  QR_RETURN_IF_ERROR(Change(next, changes));
  next.auto_leave = auto_leave;
  return RestoreMembers(std::move(next));
}

StatusOr<Configuration> Changer::LeaveJoint() const {
  if (!from_.joint()) return FailedPrecondition("can't leave a non-joint config");
  ConfigurationState next = from_.state();
  next.voters.outgoing = NodeSet();
  next.learners = Union(next.learners, std::exchange(next.learners_next, NodeSet()));
  next.auto_leave = false;
  return RestoreMembers(std::move(next));
}

StatusOr<Configuration> Changer::Apply(const ConfigurationChange& change) const {
  if (change.leaves_joint()) return LeaveJoint();
  auto next = change.enters_joint() ? EnterJoint(change.auto_leave(), change.changes)
                                    : Simple(change.changes);
  if (!next.ok() || change.contacts.empty()) return next;
  ConfigurationState state = next->state();
  for (const auto& [node, contact] : change.contacts) {
    if (!next->IsMember(node)) return InvalidArgument("node ", node, " is no member");
    if (contact.empty()) continue;
    Contact& known = state.contacts[node];
    if (!contact.address.empty()) known.address = contact.address;
    if (contact.disk != 0) known.disk = contact.disk;
  }
  return Configuration::Restore(std::move(state));
}

void ProgressTable::Follow(const Configuration& configuration, LogIndex last_index,
                           MonotonicTime now, NodeId self) {
  std::vector<Progress> next;
  for (NodeId node : configuration.Members()) {
    if (node == self) continue;
    if (Progress* known = Find(node)) {
      next.push_back(std::move(*known));
    } else {
      next.push_back({.node = node,
                      .next = std::max(last_index, LogIndex{1}),
                      .append_wanted = true,
                      .last_heard = now});
    }
  }
  rows_ = std::move(next);
}

Progress* ProgressTable::Find(NodeId node) {
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), node,
                                   [](const Progress& row, NodeId id) { return row.node < id; });
  return at != rows_.end() && at->node == node ? &*at : nullptr;
}

}  // namespace quadraft::raft
