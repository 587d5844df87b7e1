// Requests and answers between nodes over lossy messages: each request is done at most once, or its outcome is unknown.
//
//   rpc.Handle(RpcMethod::kMutate, [](NodeId from, std::string_view request, RpcEndpoint::Reply reply) { ... });
//   rpc.Call(NodeId{2}, RpcMethod::kMutate, bytes, seconds(5), [](StatusOr<std::string> answer) { ... });
//
// At most once: messages may be doubled, or arrive after the receiver was restarted. Every process draws an incarnation
// number at its start and announces it; a request names the incarnation that it is meant for and is rejected, undone, by any
// other. A request sent before the number is known (0) is rejected by everyone and then sent again, with the number; one that
// was meant for an earlier incarnation may have been done by that one, so its outcome is unknown. Within its own incarnation the
// receiver remembers the calls that it has seen, of the caller's last kCallerIncarnationsMax lives: a copy that is under way while
// its caller is restarted must not be done again. (Only a copy that outlives so many restarts of its caller could be.)
#ifndef QUADRAFT_NODE_RPC_H_
#define QUADRAFT_NODE_RPC_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/env/env.h"
#include "core/proto/rpc.pb.h"

namespace quadraft::node {

// kMutateInSession: as kMutate, with a session. kDescribe: an empty request is answered with a proto::Description. A node of an older
// program answers Unimplemented to what it does not know.
enum class RpcMethod : uint32_t { kMutate = 1, kMutateInSession = 2, kDescribe = 3 };

class RpcEndpoint {
 public:
  static constexpr size_t kCallsPendingMax = 16384;  // Per node; more: ResourceExhausted.
  static constexpr size_t kCallsSeenMax = 65536;     // Per peer and incarnation; older ones are refused unseen.
  static constexpr size_t kCallsSeenOfPastMax = 1024;  // The same of a peer's earlier incarnations.
  static constexpr size_t kCallerIncarnationsMax = 16;

  RpcEndpoint(Env& env, std::vector<NodeId> peers);
  RpcEndpoint(const RpcEndpoint&) = delete;
  RpcEndpoint& operator=(const RpcEndpoint&) = delete;
  ~RpcEndpoint();  // Pending calls are dropped without an answer.

  using Reply = absl::AnyInvocable<void(StatusOr<std::string>)>;  // Call once, at once or later.
  using Handler = absl::AnyInvocable<void(NodeId from, std::string_view request, Reply reply)>;
  void Handle(RpcMethod method, Handler handler);

  // `done` gets the answer; the error that the handler gave; DeadlineExceeded after `timeout` (the outcome is unknown);
  // or ResourceExhausted (nothing was sent). Never runs inside Call.
  void Call(NodeId to, RpcMethod method, std::string request, Duration timeout,
            absl::AnyInvocable<void(StatusOr<std::string>)> done);
  size_t pending() const { return pending_.size(); }

 private:
  struct PendingCall {
    NodeId to;
    RpcMethod method;
    std::string request;             // Kept: a request that named no incarnation is sent again.
    uint64_t sent_to_incarnation = 0;
    TimerId timer;
    absl::AnyInvocable<void(StatusOr<std::string>)> done;
  };
  struct SeenCalls {
    uint64_t incarnation = 0;
    std::set<uint64_t> calls;
    uint64_t forgotten_up_to = 0;
    bool FirstTime(uint64_t call);
    void Forget(size_t calls_max);
  };
  SeenCalls& SeenOf(NodeId from, uint64_t incarnation);

  void Receive(NodeId from, std::string_view bytes);
  void ReceiveRequest(NodeId from, const proto::RpcFrame& frame);
  void ReceiveResponse(const proto::RpcFrame& frame);
  void ReceiveRejection(NodeId from, const proto::RpcFrame& frame);
  void SendRequest(uint64_t call, PendingCall& pending);
  void SendFrame(NodeId to, proto::RpcFrame frame);
  void Complete(uint64_t call, StatusOr<std::string> answer);

  Env& env_;
  const uint64_t incarnation_;
  uint64_t next_call_ = 1;
  std::map<uint64_t, PendingCall> pending_;
  std::map<RpcMethod, Handler> handlers_;
  std::map<NodeId, uint64_t> peer_incarnations_;
  std::map<NodeId, std::vector<SeenCalls>> seen_;  // Oldest life first.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_RPC_H_
