#include "core/raft/configuration.h"

#include "core/base/check.h"
#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

Status CheckSizes(const ConfigurationState& state) {
  if (state.voters.incoming.size() > kVotersMax || state.voters.outgoing.size() > kVotersMax) {
    return InvalidArgument("more than ", kVotersMax, " voters");
  }
  if (state.learners.size() > kLearnersMax) {
    return InvalidArgument("more than ", kLearnersMax, " learners");
  }
  return OkStatus();
}

Status CheckMember(const ConfigurationState& state, NodeId node) {
  if (node == NodeId{}) return InvalidArgument("node 0 is no node");
  const auto& [incoming, outgoing] = state.voters;
  if (state.learners.Contains(node) && state.voters.Contains(node)) {
    return InvalidArgument("node ", node, " is a learner and votes");
  }
  if (!state.learners_next.Contains(node)) return OkStatus();
  if (!outgoing.Contains(node) || incoming.Contains(node)) {
    return InvalidArgument("node ", node, " is to become a learner and is no leaving voter");
  }
  return OkStatus();
}

Status CheckState(const ConfigurationState& state) {
  if (state.voters.incoming.empty() && !(state == ConfigurationState())) {
    return InvalidArgument("no incoming voters");
  }
  QR_RETURN_IF_ERROR(CheckSizes(state));
  for (const NodeSet* nodes :
       {&state.voters.incoming, &state.voters.outgoing, &state.learners, &state.learners_next}) {
    for (NodeId node : *nodes) QR_RETURN_IF_ERROR(CheckMember(state, node));
  }
  if (!state.voters.joint() && state.auto_leave) {
    return InvalidArgument("auto_leave in a configuration that is not joint");
  }
  return OkStatus();
}

}  // namespace

Configuration::Configuration(std::vector<NodeId> voters) {
  QR_CHECK(!voters.empty() && voters.size() <= kVotersMax) << voters.size() << " voters";
  const size_t named = voters.size();
  state_.voters.incoming = NodeSet(std::move(voters));
  voters_ = state_.voters.incoming;
  QR_CHECK(voters_.size() == named) << "voter named twice";
}

StatusOr<Configuration> Configuration::Restore(ConfigurationState state) {
  QR_RETURN_IF_ERROR(CheckState(state));
  Configuration configuration;
  configuration.voters_ = Union(state.voters.incoming, state.voters.outgoing);
  configuration.state_ = std::move(state);
  return configuration;
}

std::string Describe(const Configuration& configuration) {
  const ConfigurationState& state = configuration.state();
  std::string out = StrCat("voters=", Describe(state.voters));
  if (!state.learners.empty()) StrAppend(&out, " learners=", Describe(state.learners));
  if (!state.learners_next.empty()) {
    StrAppend(&out, " learners_next=", Describe(state.learners_next));
  }
  if (state.auto_leave) out += " autoleave";
  return out;
}

}  // namespace quadraft::raft
