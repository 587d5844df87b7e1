#include "node/rpc.h"

#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::node {
RpcEndpoint::RpcEndpoint(Env& env, std::vector<NodeId> peers)
    : env_(env), incarnation_(env.random("rpc/incarnation").Next() | 1) {
  env_.network().OnMessage(Channel::kRpc, [this, alive = std::weak_ptr<bool>(alive_)](
                                              NodeId from, std::string_view bytes) {
    if (!alive.expired()) Receive(from, bytes);
  });
  for (const NodeId peer : peers) {
    proto::RpcFrame hello;
    hello.set_kind(proto::RpcFrame::HELLO);
    SendFrame(peer, std::move(hello));
  }
}

RpcEndpoint::~RpcEndpoint() {
  for (auto& [call, pending] : pending_) env_.executor().Cancel(pending.timer);
}

void RpcEndpoint::Handle(RpcMethod method, Handler handler) {
  handlers_[method] = std::move(handler);
}

void RpcEndpoint::Call(NodeId to, RpcMethod method, std::string request, Duration timeout,
                       absl::AnyInvocable<void(StatusOr<std::string>)> done) {
  if (pending_.size() >= kCallsPendingMax) {
    env_.executor().Post([done = std::move(done)]() mutable {
      done(ResourceExhausted("more than ", kCallsPendingMax,
                             " calls to other nodes are pending; retry later"));
    });
    return;
  }
  const uint64_t call = next_call_++;
  PendingCall& pending = pending_[call];
  pending.to = to;
  pending.method = method;
  pending.request = std::move(request);
  pending.done = std::move(done);
  pending.timer = env_.executor().RunAfter(timeout, [this, call, to] {
    Complete(call,
             DeadlineExceeded("node ", to, " did not answer in time; the outcome is unknown"));
  });
  SendRequest(call, pending);
}

void RpcEndpoint::SendRequest(uint64_t call, PendingCall& pending) {
  pending.sent_to_incarnation = peer_incarnations_[pending.to];
  proto::RpcFrame frame;
  frame.set_kind(proto::RpcFrame::REQUEST);
  frame.set_call(call);
  frame.set_to_incarnation(pending.sent_to_incarnation);
  frame.set_method(static_cast<uint32_t>(pending.method));
  frame.set_body(pending.request);
  if (SIM_MAYBE("rpc-sent-twice")) SendFrame(pending.to, frame);
  SendFrame(pending.to, std::move(frame));
}

void RpcEndpoint::SendFrame(NodeId to, proto::RpcFrame frame) {
  frame.set_from_incarnation(incarnation_);
  env_.network().Send(to, Channel::kRpc, frame.SerializeAsString());
}

void RpcEndpoint::Complete(uint64_t call, StatusOr<std::string> answer) {
  const auto it = pending_.find(call);
  if (it == pending_.end()) return;
  env_.executor().Cancel(it->second.timer);
  auto done = std::move(it->second.done);
  pending_.erase(it);
  done(std::move(answer));
}

void RpcEndpoint::Receive(NodeId from, std::string_view bytes) {
  proto::RpcFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    env_.Log(LogLevel::kWarning,
             StrCat("rpc: dropped ", bytes.size(), " bytes from node ", from, ": not an RpcFrame"));
    return;
  }
  switch (frame.kind()) {
    case proto::RpcFrame::REQUEST:
      return ReceiveRequest(from, frame);
    case proto::RpcFrame::RESPONSE:
      return ReceiveResponse(frame);
    case proto::RpcFrame::REJECTED:
      return ReceiveRejection(from, frame);
    case proto::RpcFrame::HELLO:
      peer_incarnations_[from] = frame.from_incarnation();
      return;
    default:
      return;  // A kind of a later version: its sender times out.
  }
}

bool RpcEndpoint::SeenCalls::FirstTime(uint64_t call) {
  if (call <= forgotten_up_to || !calls.insert(call).second) return false;
  Forget(kCallsSeenMax);
  return true;
}

void RpcEndpoint::SeenCalls::Forget(size_t calls_max) {
  while (calls.size() > calls_max) {
    forgotten_up_to = *calls.begin();
    calls.erase(calls.begin());
  }
}

// An incarnation that is new to us goes to the end. It need not be the caller's newest: its
// messages may have been late.
RpcEndpoint::SeenCalls& RpcEndpoint::SeenOf(NodeId from, uint64_t incarnation) {
  std::vector<SeenCalls>& lives = seen_[from];
  for (SeenCalls& life : lives) {
    if (life.incarnation == incarnation) return life;
  }
  for (SeenCalls& life : lives) life.Forget(kCallsSeenOfPastMax);
  if (lives.size() >= kCallerIncarnationsMax) lives.erase(lives.begin());
  lives.emplace_back().incarnation = incarnation;
  return lives.back();
}

void RpcEndpoint::ReceiveRequest(NodeId from, const proto::RpcFrame& frame) {
  proto::RpcFrame answer;
  answer.set_call(frame.call());
  answer.set_to_incarnation(frame.from_incarnation());
  if (frame.to_incarnation() != incarnation_) {
    SIM_SOMETIMES(frame.to_incarnation() != 0, "rpc-refused-by-new-incarnation");
    answer.set_kind(proto::RpcFrame::REJECTED);
    answer.set_rejected_incarnation(frame.to_incarnation());
    return SendFrame(from, std::move(answer));
  }
  const bool first_time = SeenOf(from, frame.from_incarnation()).FirstTime(frame.call());
  SIM_SOMETIMES(!first_time, "rpc-doubled-request-dropped");
  if (!first_time && !QR_MUTANT("rpc-done-twice")) return;

  answer.set_kind(proto::RpcFrame::RESPONSE);
  Reply reply = [this, from, answer,
                 alive = std::weak_ptr<bool>(alive_)](StatusOr<std::string> result) mutable {
    if (alive.expired()) return;
    answer.set_status_code(static_cast<int32_t>(result.status().code()));
    if (result.ok()) {
      answer.set_body(*std::move(result));
    } else {
      answer.set_status_message(Message(result.status()));
    }
    SendFrame(from, std::move(answer));
  };
  const auto handler = handlers_.find(static_cast<RpcMethod>(frame.method()));
  if (handler == handlers_.end()) {
    return reply(Unimplemented("this node knows no method ", frame.method(), "; upgrade it"));
  }
  handler->second(from, frame.body(), std::move(reply));
}

void RpcEndpoint::ReceiveResponse(const proto::RpcFrame& frame) {
  if (frame.to_incarnation() != incarnation_) return;  // Meant for an earlier life of this node.
  if (frame.status_code() == 0) return Complete(frame.call(), frame.body());
  Complete(frame.call(), Status(static_cast<absl::StatusCode>(frame.status_code()),
                                Absl(frame.status_message())));
}

void RpcEndpoint::ReceiveRejection(NodeId from, const proto::RpcFrame& frame) {
  if (frame.to_incarnation() != incarnation_) return;
  peer_incarnations_[from] = frame.from_incarnation();
  const auto it = pending_.find(frame.call());
  if (it == pending_.end() || it->second.to != from) return;
  PendingCall& pending = it->second;
  if (frame.rejected_incarnation() != pending.sent_to_incarnation) return;  // A doubled one.
  SIM_SOMETIMES(pending.sent_to_incarnation == 0, "rpc-sent-again-after-refusal");
  if (pending.sent_to_incarnation == 0 || QR_MUTANT("rpc-retried-after-restart"))
    return SendRequest(frame.call(), pending);
  // Another copy may have reached the earlier incarnation before it ended.
  Complete(
      frame.call(),
      DeadlineExceeded("node ", from, " was restarted during the call; the outcome is unknown"));
}

}  // namespace quadraft::node
