#include "core/raft/configuration.h"

#include <algorithm>
#include <charconv>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/strings.h"

namespace quadraft::raft {
namespace {

constexpr uint64_t kFormatWithoutContacts = 1;
constexpr uint64_t kFormat = 2;
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

Status CheckContacts(const ConfigurationState& state) {
  std::map<std::string_view, NodeId> addresses;
  std::map<uint64_t, NodeId> disks;
  for (const auto& [node, contact] : state.contacts) {
    if (!state.voters.Contains(node) && !state.learners.Contains(node)) {
      return InvalidArgument("node ", node, " is no member and has an address");
    }
    if (contact.empty()) return InvalidArgument("node ", node, " has an empty contact");
    if (!contact.address.empty()) {
      QR_RETURN_IF_ERROR(CheckAddress(contact.address));
      const auto [other, fresh] = addresses.emplace(contact.address, node);
      if (!fresh) {
        return InvalidArgument("node ", node, ": address ", contact.address, " is that of node ",
                               other->second);
      }
    }
    if (contact.disk == 0) continue;
    const auto [other, fresh] = disks.emplace(contact.disk, node);
    if (!fresh) {
      return InvalidArgument("node ", node, " lives on the disk of node ", other->second,
                             ": its folder is a copy");
    }
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
  return CheckContacts(state);
}

bool IsHostByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

Status CheckAddress(std::string_view address) {
  const auto bad = [address](std::string_view why) {
    return InvalidArgument("\"", address.substr(0, kAddressBytesMax), "\" is no HOST:PORT: ", why);
  };
  if (address.size() > kAddressBytesMax) return bad("it is too long");
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return bad("there is no port");
  const std::string_view digits = address.substr(colon + 1);
  std::string_view host = address.substr(0, colon);
  unsigned port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || port == 0 ||
      port > 65535) {
    return bad("its port is not 1 to 65535");
  }
  const bool six = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (six) host = host.substr(1, host.size() - 2);
  const bool plain = std::all_of(host.begin(), host.end(),
                                 [six](char c) { return IsHostByte(c) || (six && c == ':'); });
  if (host.empty() || !plain) return bad("its host is no name and no number");
  return OkStatus();
}

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

const Contact& Configuration::ContactOf(NodeId node) const {
  static const auto& unknown = *new Contact();
  const auto found = state_.contacts.find(node);
  return found == state_.contacts.end() ? unknown : found->second;
}

bool Configuration::HasQuorumWithout(NodeId node) const {
  return Tally([node](NodeId voter) { return voter == node ? Ballot::kRefused : Ballot::kGranted; }) ==
         VoteResult::kWon;
}

std::string EncodeConfiguration(const Configuration& configuration) {
  const ConfigurationState& state = configuration.state();
  const NodeSet members = configuration.Members();
  const uint64_t format = state.contacts.empty() ? kFormatWithoutContacts : kFormat;
  std::string out;
  PutVarint(&out, format);
  PutVarint(&out, state.auto_leave ? 1 : 0);
  PutVarint(&out, members.size());
  for (NodeId node : members) {
    PutVarint(&out, node.value());
    out.push_back(static_cast<char>((state.voters.incoming.Contains(node) ? kIncoming : 0) |
                                    (state.voters.outgoing.Contains(node) ? kOutgoing : 0) |
                                    (state.learners.Contains(node) ? kLearner : 0) |
                                    (state.learners_next.Contains(node) ? kLearnerNext : 0)));
    if (format == kFormatWithoutContacts) continue;
    const Contact& contact = configuration.ContactOf(node);
    PutLengthPrefixed(&out, contact.address);
    PutFixed<uint64_t>(&out, contact.disk);
  }
  return out;
}

StatusOr<Configuration> DecodeConfiguration(std::string_view bytes) {
  const Status malformed = DataLoss("a configuration of ", bytes.size(), " bytes: malformed");
  uint64_t format = 0, auto_leave = 0, count = 0;
  if (!GetVarint(&bytes, &format) || format < kFormatWithoutContacts || format > kFormat) {
    return DataLoss("a configuration of format ", format, "; this program knows up to ", kFormat);
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
    if (format == kFormatWithoutContacts) continue;
    std::string_view address;
    Contact contact;
    if (!GetLengthPrefixed(&bytes, &address) || !GetFixed(&bytes, &contact.disk)) return malformed;
    contact.address = address;
    if (!contact.empty()) state.contacts.emplace(NodeId{node}, std::move(contact));
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
  std::string addresses;
  for (const auto& [node, contact] : state.contacts) {
    if (contact.address.empty()) continue;
    StrAppend(&addresses, addresses.empty() ? "" : " ", node, "=", contact.address);
  }
  if (!addresses.empty()) StrAppend(&out, " at=(", addresses, ")");
  return out;
}

}  // namespace quadraft::raft
