#include "node/members.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/env/executor.h"
#include "node/json.h"
#include "sparql/protocol/form.h"

namespace quadraft::node {
namespace {

using raft::ChangeKind;

constexpr Duration kLook = milliseconds(20);

StatusOr<NodeId> ParseNode(std::string_view name, std::string_view text) {
  uint64_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || id == 0) {
    return InvalidArgument(name, "=", text, ": expected the number of a node, from 1");
  }
  return NodeId{id};
}

// "4@HOST:PORT". Without '@': no address.
StatusOr<std::pair<NodeId, std::string>> ParsePlace(std::string_view name, std::string_view text) {
  const size_t at = std::min(text.find('@'), text.size());
  QR_ASSIGN_OR_RETURN(const NodeId node, ParseNode(name, text.substr(0, at)));
  if (at == text.size()) return std::pair(node, std::string());
  const std::string_view address = text.substr(at + 1);
  if (const Status status = raft::CheckAddress(address); !status.ok()) {
    return InvalidArgument("node ", node, ": ", Message(status));
  }
  return std::pair(node, std::string(address));
}

constexpr std::string_view kVerbs = "add, update, promote, demote, remove or transfer";

Status AddField(std::string_view name, std::string_view value, MembersRequest* request) {
  raft::ConfigurationChange& change = request->change;
  QR_ASSIGN_OR_RETURN(const auto place, ParsePlace(name, value));
  const auto& [node, address] = place;
  const bool placed = name == "add" || name == "update";
  if (!address.empty() && !placed) return InvalidArgument(name, "=", value, ": an address goes with add and update");
  if (!address.empty()) change.contacts[node].address = address;
  if (name == "transfer") {
    request->transfer_to = node;
  } else if (name == "add") {
    request->added.push_back(node);
    change.changes.push_back({ChangeKind::kAddLearner, node});
  } else if (name == "update") {
    if (address.empty()) return InvalidArgument("update=", value, ": expected NODE@HOST:PORT");
  } else if (name == "demote") {
    change.changes.push_back({ChangeKind::kAddLearner, node});
  } else if (name == "promote") {
    change.changes.push_back({ChangeKind::kAddVoter, node});
  } else if (name == "remove") {
    change.changes.push_back({ChangeKind::kRemove, node});
  } else {
    return InvalidArgument("parameter '", name, "': expected ", kVerbs);
  }
  return OkStatus();
}

}  // namespace

StatusOr<MembersRequest> DecodeMembersRequest(std::string_view query) {
  QR_ASSIGN_OR_RETURN(const sparql::FormFields fields, sparql::DecodeForm(query));
  MembersRequest request;
  std::set<std::string_view> named;
  for (const auto& [name, value] : fields) {
    QR_RETURN_IF_ERROR(AddField(name, value, &request));
    const std::string_view node = std::string_view(value).substr(0, value.find('@'));
    if (!named.insert(node).second) return InvalidArgument("node ", node, " is named twice");
  }
  if (fields.empty()) return InvalidArgument("nothing is asked for: ", kVerbs, ", each =NODE");
  if (request.transfer_to != NodeId{} && fields.size() > 1) {
    return InvalidArgument("transfer is asked for alone");
  }
  return request;
}

std::string Members::Json() const {
  const replica::GroupStatus status = replicas_.status(group_);
  JsonObject out;
  out.Add("node", self_.value());
  if (status.leader != NodeId{}) out.Add("leader", status.leader.value());
  out.Add("index", status.configuration_index.value());
  out.AddRaw("committed", status.configuration_index <= status.commit ? "true" : "false");
  out.AddRaw("joint", status.configuration.joint() ? "true" : "false");
  out.AddRaw("removed", status.removed ? "true" : "false");
  std::string rows;
  for (const NodeId node : status.configuration.Members()) {
    JsonObject row;
    row.Add("id", node.value());
    row.AddRaw("votes", status.configuration.IsVoter(node) ? "true" : "false");
    if (const auto& address = status.configuration.ContactOf(node).address; !address.empty()) row.Add("address", address);
    if (node == self_) row.Add("match", status.last.value());
    for (const replica::PeerStatus& peer : status.peers) {
      if (peer.node != node) continue;
      row.Add("match", peer.match.value());
      row.Add("silent_ms", static_cast<uint64_t>(std::max<int64_t>(0, peer.silent_for / milliseconds(1))));
    }
    StrAppend(&rows, rows.empty() ? "" : ", ", row.Text());
  }
  out.AddRaw("members", StrCat("[", rows, "]"));
  return out.Text();
}

Status Members::NotLeading() const {
  const auto leader = replicas_.leader(group_);
  return leader ? Unavailable("node ", self_, " does not lead: ask node ", *leader)
                : Unavailable("node ", self_, " knows no leader: ask again");
}

Task<Status> Members::Run(MembersRequest request, MonotonicTime deadline) {
  if (!replicas_.is_leader(group_)) co_return NotLeading();
  if (request.transfer_to != NodeId{}) co_return co_await Transfer(request.transfer_to, deadline);
  for (const NodeId node : request.added) {
    if (!replicas_.raft(group_).configuration().IsMember(node)) continue;
    co_return FailedPrecondition("node ", node, " is a member already: nothing would change; update changes its address, demote "
                                 "makes a learner of a voter");
  }
  co_return co_await Change(std::move(request.change), deadline);
}

Task<Status> Members::Change(raft::ConfigurationChange change, MonotonicTime deadline) {
  auto start = [this, change = std::move(change)](Callback<StatusOr<replica::ProposalResult>>::Done done) mutable {
    replicas_.ChangeMembership(group_, std::move(change), std::move(done));
  };
  const auto changed = co_await Callback<StatusOr<replica::ProposalResult>>(std::move(start));
  if (!changed.ok()) co_return changed.status();
  // A joint configuration is left by whoever leads.
  while (replicas_.raft(group_).configuration().joint()) {
    if (env_.clock().Now() >= deadline) {
      co_return DeadlineExceeded("the change is committed at ", changed->index, " and the joint configuration not left yet");
    }
    co_await Sleep(env_.executor(), kLook);
  }
  co_return OkStatus();
}

Task<Status> Members::Transfer(NodeId to, MonotonicTime deadline) {
  const Status begun = replicas_.TransferLeadership(group_, to);
  if (!begun.ok()) co_return begun;
  while (replicas_.leader(group_) != to) {
    // Until it has given up we lead and take no proposals; then nothing has changed.
    if (replicas_.is_leader(group_) && replicas_.raft(group_).leader_state()->transferee == NodeId{}) {
      co_return Aborted("node ", to, " did not take over in time: node ", self_, " leads on");
    }
    if (env_.clock().Now() >= deadline) co_return DeadlineExceeded("node ", to, " has not taken over yet");
    co_await Sleep(env_.executor(), kLook);
  }
  co_return OkStatus();
}

}  // namespace quadraft::node
