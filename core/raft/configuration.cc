#include "core/raft/configuration.h"

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

constexpr uint64_t kFormat = 1;
enum RoleBits : uint8_t { kIncoming = 1, kOutgoing = 2, kLearner = 4, kLearnerNext = 8 };

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

std::string EncodeConfiguration(const Configuration& configuration) {
  const ConfigurationState& state = configuration.state();
  const NodeSet members = configuration.Members();
  std::string out;
  PutVarint(&out, kFormat);
  PutVarint(&out, state.auto_leave ? 1 : 0);
  PutVarint(&out, members.size());
  for (NodeId node : members) {
    PutVarint(&out, node.value());
    out.push_back(static_cast<char>((state.voters.incoming.Contains(node) ? kIncoming : 0) |
                                    (state.voters.outgoing.Contains(node) ? kOutgoing : 0) |
                                    (state.learners.Contains(node) ? kLearner : 0) |
                                    (state.learners_next.Contains(node) ? kLearnerNext : 0)));
  }
  return out;
}

StatusOr<Configuration> DecodeConfiguration(std::string_view bytes) {
  const Status malformed = DataLoss("a configuration of ", bytes.size(), " bytes: malformed");
  uint64_t format = 0, auto_leave = 0, count = 0;
  if (!GetVarint(&bytes, &format) || format != kFormat) {
    return DataLoss("a configuration of format ", format, "; this program knows ", kFormat);
  }
  if (!GetVarint(&bytes, &auto_leave) || auto_leave > 1 || !GetVarint(&bytes, &count) ||
      count > 2 * kVotersMax + kLearnersMax) {
    return malformed;
  }
  ConfigurationState state{.auto_leave = auto_leave == 1};
  uint64_t node = 0, previous = 0;
  for (uint64_t i = 0; i < count; ++i, previous = node) {
    if (!GetVarint(&bytes, &node) || node <= previous || bytes.empty()) return malformed;
    const auto roles = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (roles == 0 || roles > (kIncoming | kOutgoing | kLearner | kLearnerNext)) return malformed;
    if ((roles & kIncoming) != 0) state.voters.incoming.Insert(NodeId{node});
    if ((roles & kOutgoing) != 0) state.voters.outgoing.Insert(NodeId{node});
    if ((roles & kLearner) != 0) state.learners.Insert(NodeId{node});
    if ((roles & kLearnerNext) != 0) state.learners_next.Insert(NodeId{node});
  }
  if (!bytes.empty()) return malformed;
  auto configuration = Configuration::Restore(std::move(state));
  if (!configuration.ok()) return DataLoss("a configuration: ", Message(configuration.status()));
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
