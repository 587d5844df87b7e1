#include "node/node.h"

#include <utility>

#include "node/members.h"
#include "node/routes.h"

namespace quadraft::node {

Node::Node(Env& env, NodeOptions options) : env_(env), options_(std::move(options)) {}

Node::~Node() {
  // The reverse of Start: nothing may answer into a part that is gone already.
  tasks_.DestroyAll();
  http_.reset();
  if (replicas_) replicas_->Stop();
}

Status Node::Start() {
  started_at_ = env_.clock().WallNow();
  QR_ASSIGN_OR_RETURN(kv_, store::KvStore::Open(env_, "state", options_.kv));
  QR_ASSIGN_OR_RETURN(state_, store::GraphState::Open(*kv_, kDataGroup, options_.state));
  options_.log.on_synced = [this](Duration took) { metrics_.sync_seconds.Observe(took); };
  QR_ASSIGN_OR_RETURN(log_, store::WriteAheadLog::Open(env_, "log", options_.log));
  options_.replica.identity_path = "log/identity";  // Lost with the log, which holds what was promised.
  options_.replica.address = options_.peer_address;
  options_.replica.on_fatal = [this](const Status& status) { Fatal(status); };
  replicas_ = std::make_unique<replica::ReplicaHost>(env_, options_.id, *log_, options_.replica);
  QR_RETURN_IF_ERROR(replicas_->AddGroup(kDataGroup, options_.voters, state_.get()));

  raft::NodeSet peers = replicas_->raft(kDataGroup).configuration().Members();
  for (const auto* nodes : {&options_.voters, &options_.others}) {
    for (const NodeId node : *nodes) peers.Insert(node);
  }
  peers.Erase(options_.id);
  rpc_ = std::make_unique<RpcEndpoint>(env_, peers.nodes());
  queries_ = std::make_unique<Queries>(env_, kDataGroup, *replicas_, *state_, metrics_);
  mutations_ = std::make_unique<Mutations>(env_, options_.id, kDataGroup, *replicas_, *state_, *rpc_, metrics_, tasks_,
                                           options_.sessions);
  members_ = std::make_unique<Members>(env_, options_.id, kDataGroup, *replicas_);
  routes_ = std::make_unique<Routes>(*this);

  auto http = std::make_unique<http::HttpServer>(env_, options_.http);
  QR_RETURN_IF_ERROR(http->Start(options_.http_address, [this](http::Request request, http::ResponseWriter writer) {
    routes_->Handle(std::move(request), std::move(writer));
  }));
  http_ = std::move(http);
  replicas_->Start();
  env_.Log(LogLevel::kInfo, StrCat("node ", options_.id, " serves http://", http_->address(), " from applied index ",
                                   state_->applied_index()));
  return OkStatus();
}

void Node::Fatal(const Status& status) {
  if (std::exchange(failed_, true)) return;
  env_.Log(LogLevel::kError, StrCat("node ", options_.id, " cannot go on: ", status.message()));
  if (options_.on_fatal) options_.on_fatal(status);
}

}  // namespace quadraft::node
