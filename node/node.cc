#include "node/node.h"

#include <utility>

#include "node/members.h"
#include "node/routes.h"
#include "store/log/durable_directory.h"

namespace quadraft::node {

Node::Node(Env& env, NodeOptions options) : env_(env), options_(std::move(options)) {}

Node::~Node() {
  // The reverse of Start: nothing may answer into a part that is gone already.
  tasks_.DestroyAll();
  http_.reset();
  if (replicas_) replicas_->Stop();
}

namespace {

constexpr std::string_view kLogFolder = "log", kStateFolder = "state", kDamagedFolder = "state-damaged";

// Whether the others can elect a leader without this node, as far as the state knows: then they can
// bring back what its disk has damaged.
bool OthersSuffice(const NodeOptions& options, const raft::AppliedConfiguration& applied) {
  raft::Configuration configuration;
  if (applied.index != LogIndex{}) {
    auto decoded = raft::DecodeConfiguration(applied.payload);
    if (decoded.ok()) configuration = *std::move(decoded);
  }
  if (configuration.voters().empty()) {
    if (options.voters.empty()) return true;  // Others have added it, or nobody has yet.
    configuration = raft::Configuration(options.voters);
  }
  return configuration.HasQuorumWithout(options.id);
}

}  // namespace

Status Node::Start() {
  started_at_ = env_.clock().WallNow();
  options_.log.on_synced = [this](Duration took) { metrics_.sync_seconds.Observe(took); };
  const Status started = StartParts();
  if (!absl::IsDataLoss(started)) return started;
  return Annotate(started, StrCat("the disk of node ", options_.id,
                                  " is damaged, and it must not go on with it. Where other nodes hold the data: "
                                  "start a node with --join, a new number and an empty folder, then: quadraft member replace ",
                                  options_.id, " NEW HOST:PORT. Where none does: restore a backup. What was found"));
}

// DataLoss: the state cannot be read, or is behind what the log still has of it (LevelDB has lost
// the end of its own log, or everything).
Status Node::OpenState() {
  log_.reset();
  state_.reset();
  kv_.reset();
  QR_ASSIGN_OR_RETURN(kv_, store::KvStore::Open(env_, std::string(kStateFolder), options_.kv));
  QR_ASSIGN_OR_RETURN(state_, store::GraphState::Open(*kv_, kDataGroup, options_.state));
  return OkStatus();
}

Status Node::OpenStateAndLog() {
  QR_RETURN_IF_ERROR(OpenState());
  options_.log.rebuild_damaged = OthersSuffice(options_, state_->configuration());
  QR_RETURN_IF_ERROR(OpenLog());
  const LogIndex begins_after = log_->recovered_snapshot(kDataGroup);
  if (state_->applied_index() >= begins_after) return OkStatus();
  return DataLoss("the state ends at ", state_->applied_index(), ", its log begins after ", begins_after);
}

Status Node::OpenLog() {
  auto log = store::WriteAheadLog::Open(env_, std::string(kLogFolder), options_.log);
  if (!log.ok()) return Annotate(log.status(), kLogFolder);
  log_ = *std::move(log);
  return OkStatus();
}

// The log first: as long as the damaged state is there, the next start comes here again. What is
// damaged is moved out of the way, not destroyed.
Status Node::ReplaceState(const Status& damage) {
  log_.reset();
  state_.reset();
  kv_.reset();
  options_.log.rebuild_damaged = true;
  options_.log.state_lost = Message(damage);
  QR_RETURN_IF_ERROR(OpenLog());
  env_.Log(LogLevel::kError, StrCat(Message(damage), ". The state is fetched from the other nodes; the damaged one is in ",
                                    kDamagedFolder, "/, which nothing needs"));
  QR_RETURN_IF_ERROR(store::CreateDirectoryDurably(env_.disk(), kDamagedFolder));
  QR_ASSIGN_OR_RETURN(const auto older, env_.disk().List(kDamagedFolder));
  for (const std::string& name : older) {
    QR_RETURN_IF_ERROR(env_.disk().Remove(StrCat(kDamagedFolder, "/", name)));
  }
  QR_ASSIGN_OR_RETURN(const auto names, env_.disk().List(kStateFolder));
  for (const std::string& name : names) {
    QR_RETURN_IF_ERROR(env_.disk().Rename(StrCat(kStateFolder, "/", name), StrCat(kDamagedFolder, "/", name)));
  }
  QR_RETURN_IF_ERROR(env_.disk().SyncDirectory(kDamagedFolder));
  QR_RETURN_IF_ERROR(env_.disk().SyncDirectory(kStateFolder));
  auto log = std::move(log_);
  const Status opened = OpenState();
  log_ = std::move(log);
  return opened;
}

Status Node::StartParts() {
  // Held back to an older wire version it may have to go back to the older program, too.
  if (options_.replica.wire_version < replica::kWireVersionCompression) {
    options_.log.compress_from_bytes = SIZE_MAX;
  }
  const Status opened = OpenStateAndLog();
  const bool of_log = state_ != nullptr && log_ == nullptr;
  if (absl::IsDataLoss(opened) && !of_log && OthersSuffice(options_, {})) {
    // A bit that flipped on its way from the disk is not on it.
    const Status again = OpenStateAndLog();
    if (!absl::IsDataLoss(again)) {
      return Unavailable("two readings of the state differ: ", Message(opened), "; then: ",
                         again.ok() ? "nothing wrong" : Message(again));
    }
    QR_RETURN_IF_ERROR(ReplaceState(again));
  } else {
    QR_RETURN_IF_ERROR(opened);
  }
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
