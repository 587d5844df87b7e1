#include "node/sessions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/sim_points.h"

namespace quadraft::node {
namespace {

constexpr uint32_t kPayloadFormat = 2;
constexpr Duration kDescribeTimeout = seconds(2);  // Of one member.

// What the request itself says.
txn::SessionCommand Decoded(const proto::SessionRequest& request) {
  txn::SessionCommand command;
  command.kind = static_cast<txn::SessionCommand::Kind>(request.kind());
  command.session = {LogIndex{request.number()}, request.key()};
  command.sequence = request.sequence();
  command.kept_from = request.kept_from();
  command.fingerprint = request.fingerprint();
  return command;
}

}  // namespace

Sessions::Sessions(Env& env, NodeId self, GroupId group, const replica::ReplicaHost& replicas,
                   const store::GraphState& state, RpcEndpoint& rpc, const SessionOptions& options)
    : env_(env),
      self_(self),
      group_(group),
      replicas_(replicas),
      state_(state),
      rpc_(rpc),
      options_(options),
      random_(env.random("session/key")) {
  if (!options_.known) return;
  rpc_.Handle(RpcMethod::kDescribe, [](NodeId, std::string_view, RpcEndpoint::Reply reply) {
    proto::Description description;
    description.set_payload_format(kPayloadFormat);
    reply(description.SerializeAsString());
  });
}

uint64_t Sessions::TimeMs() {
  const RaftTerm term = replicas_.raft(group_).term();
  const MonotonicTime now = env_.clock().Now();
  if (term != term_) {
    term_ = term;
    base_ = now;
    base_ms_ = state_.sessions().summary().clock_ms;
  }
  // From 1, so that a table with a session in it is never that of before.
  return std::max<uint64_t>(1, base_ms_ + static_cast<uint64_t>((now - base_) / milliseconds(1)));
}

txn::SessionCommand Sessions::CommandOf(const proto::SessionRequest& request) {
  txn::SessionCommand command = Decoded(request);
  command.time_ms = TimeMs();
  if (command.kind == txn::SessionCommand::Kind::kRegister) {
    command.session = {LogIndex{}, random_.Next()};
    command.timeout_ms = static_cast<uint64_t>(options_.timeout / milliseconds(1));
    command.sessions_max = std::max<size_t>(options_.sessions_max, 1);
  }
  return command;
}

std::optional<txn::SessionResult> Sessions::KnownAnswer(const proto::SessionRequest& update) const {
  return state_.sessions().KnownAnswer(Decoded(update), state_.applied_index());
}

proto::MutationResponse Sessions::ResponseOf(const txn::SessionCommand& command, const txn::SessionResult& result) {
  proto::MutationResponse response;
  response.set_log_index(result.outcome.index.value());
  response.set_inserted(result.outcome.inserted);
  response.set_deleted(result.outcome.deleted);
  response.set_session_verdict(static_cast<uint32_t>(result.verdict));
  response.set_code(result.outcome.code);
  response.set_message(result.outcome.message);
  response.set_kept_from(result.kept_from);
  if (command.kind != txn::SessionCommand::Kind::kRegister) return response;
  response.set_session_key(command.session.key);
  response.set_session_timeout_ms(command.timeout_ms);
  return response;
}

Task<Status> Sessions::CheckMembers(MonotonicTime deadline) {
  if (state_.sessions().summary() != txn::SessionSummary{}) co_return OkStatus();
  const raft::NodeSet members = replicas_.raft(group_).configuration().Members();
  for (const NodeId node : members) {
    if (node == self_ || knowing_.contains(node)) continue;
    const Duration left = std::min(kDescribeTimeout, Duration(deadline - env_.clock().Now()));
    if (left <= Duration(0)) co_return Unavailable("nothing was done: there was no time to ask node ", node);
    const auto answer = co_await Callback<StatusOr<std::string>>([&](auto done) {
      rpc_.Call(node, RpcMethod::kDescribe, {}, left, std::move(done));
    });
    proto::Description description;
    const bool older = absl::IsUnimplemented(answer.status()) ||
                       (answer.ok() && (!description.ParseFromString(*answer) || description.payload_format() < kPayloadFormat));
    if (older) {
      co_return FailedPrecondition("node ", node, " runs a program of before sessions: upgrade it first");
    }
    if (!answer.ok()) {
      SIM_SOMETIMES(true, "session-gate-closed");
      co_return Unavailable("nothing was done: before a cluster's first session every member must say that it knows them, and node ",
                            node, " did not answer (", answer.status().message(), "); start it or remove it");
    }
    knowing_.insert(node);
  }
  co_return OkStatus();
}

}  // namespace quadraft::node
