#include "sim/explore/cluster_scenario.h"

#include <utility>

#include "sim/checkers/raft_checker.h"
#include "sim/checkers/state_checker.h"
#include "sim/explore/server_command.h"
#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

namespace {

constexpr int64_t kSessionsPlain = 4096, kSessionTimeoutPlain = 3'600'000;  // As of nodes.

// A fingerprint that makes terms collide all the time.
Hash128 OneOfSixtyFour(std::string_view bytes) { return {0, Fingerprint64(bytes) % 64}; }

ClusterOptions MakeOptions(const Settings& settings) {
  ClusterOptions options;
  options.nodes = static_cast<int>(settings["nodes"]);
  options.segment_bytes = static_cast<uint64_t>(settings["log.segment-bytes"]);
  options.replica = settings.ReplicaOptions();
  options.kv.write_buffer_bytes = static_cast<size_t>(settings["kv.write-buffer-bytes"]);
  options.kv.table_bytes = static_cast<size_t>(settings["kv.table-bytes"]);
  options.state.retention = static_cast<uint64_t>(settings["state.retention"]);
  options.state.index.recent_rows_max = static_cast<size_t>(settings["state.recent-rows"]);
  options.state.index.block_rows = static_cast<uint32_t>(settings["state.block-rows"]);
  options.sessions.sessions_max = static_cast<size_t>(settings["session.max"]);
  options.sessions.timeout = milliseconds(settings["session.timeout-ms"]);
  if (settings["state.terms-collide"] != 0) options.state.dictionary.fingerprint = &OneOfSixtyFour;
  return options;
}

}  // namespace

SettingTable WithClusterSettings(SettingTable more) {
  SettingTable all = WithServerSettings({
      {"kv.write-buffer-bytes", "of LevelDB before it is flushed", 16 << 10, 64 << 20, 256 << 10,
       [](Random& random) { return int64_t{16 << 10} << random.Below(5); }},
      {"kv.table-bytes", "of one LevelDB file", 16 << 10, 64 << 20, 1 << 20,
       [](Random& random) { return int64_t{32 << 10} << random.Below(6); }},
      {"state.retention", "indexes for which old versions of quads are kept", 1, 1'000'000, 10'000,
       [](Random& random) { return int64_t{4} << random.Below(9); }},
      {"state.recent-rows", "of the index in memory before they are folded into a run", 1, 1 << 20, 4096,
       [](Random& random) { return int64_t{32} << random.Below(8); }},
      {"state.block-rows", "of one block of a run", 1, 512, 512,
       [](Random& random) { return int64_t{4} << random.Below(8); }},
      {"state.terms-collide", "1: there are 64 fingerprints for all terms", 0, 1, 0,
       [](Random& random) { return int64_t{random.OneIn(8)}; }},
      {"session.of-ten", "of ten clients so many work in exactly-once sessions", 0, 10, 0,
       [](Random& random) { return random.OneIn(3) ? int64_t{0} : random.Between(1, 10); }},
      {"session.max", "sessions open at once", 1, 100'000, kSessionsPlain,
       [](Random& random) { return random.OneIn(4) ? random.Between(1, 6) : kSessionsPlain; }},
      {"session.timeout-ms", "a session that is not used for so long is forgotten", 1, 100'000'000, kSessionTimeoutPlain,
       [](Random& random) { return random.OneIn(2) ? kSessionTimeoutPlain : random.Between(200, 5000); }},
  });
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

ClusterScenario::ClusterScenario(const ScenarioContext& context)
    : world_(context.world),
      random_(context.world->random("sim/run")),
      settings_(*context.settings),
      operations_(context.operations),
      cluster_(context.world, MakeOptions(settings_)),
      core_(cluster_.ids()),
      next_client_id_(kFirstClientId) {
  const auto raft_of = [this](NodeId id) { return RaftOf(id); };
  context.checkers->Add(std::make_unique<RaftChecker>(raft_of, world_, cluster_.servers().all()));
  auto committed = std::make_unique<CommittedLog>(raft_of);
  committed_ = committed.get();
  context.checkers->Add(std::move(committed));
  context.checkers->Add(std::make_unique<StateChecker>(&cluster_, committed_));
}

void ClusterScenario::SetSessions(ClientOptions* options) const {
  options->sessions_of_ten = static_cast<int>(settings_["session.of-ten"]);
  options->sessions_last =
      settings_["session.max"] >= kSessionsPlain && settings_["session.timeout-ms"] >= kSessionTimeoutPlain;
}

const raft::Raft* ClusterScenario::RaftOf(NodeId id) const {
  node::Node* const node = cluster_.IsServer(id) ? cluster_.node(id) : nullptr;
  if (node == nullptr || node->replicas().waiting() || world_->process(id).lost_disk()) return nullptr;
  return &node->replicas().raft(node::kDataGroup);
}

LogIndex ClusterScenario::AppliedBy(NodeId id) const {
  node::Node* const node = cluster_.node(id);
  return node == nullptr ? LogIndex{} : node->state().applied_index();
}

WorkloadContext ClusterScenario::NextContext(int clients) {
  WorkloadContext context{
      .world = world_, .committed = committed_, .first_client = next_client_id_};
  for (const NodeId id : cluster_.servers().all()) context.addresses.push_back(cluster_.address(id));
  next_client_id_ += static_cast<uint64_t>(clients);
  return context;
}

std::vector<NodeId> ClusterScenario::clients() const {
  std::vector<NodeId> ids;
  for (uint64_t id = kFirstClientId; id < next_client_id_; ++id) ids.push_back(NodeId{id});
  return ids;
}

bool ClusterScenario::Command(NodeId id, ServerCommand command) {
  node::Node* const node = cluster_.node(id);
  return node != nullptr && RunCommand(node->replicas(), node::kDataGroup, command);
}

bool ClusterScenario::ChangeMembers(NodeId id, Random& random, MemberStep step) {
  node::Node* const node = cluster_.node(id);
  return node != nullptr &&
         sim::ChangeMembers(node->replicas(), node::kDataGroup, cluster_.ids(), random, step);
}

bool ClusterScenario::Replace(NodeId leader, NodeId lost, NodeId spare) {
  node::Node* const node = cluster_.node(leader);
  return node != nullptr && ReplaceMember(node->replicas(), node::kDataGroup, lost, spare);
}

void ClusterScenario::Replaced(NodeId lost, NodeId spare) {
  cluster_.servers().Replace(lost, spare);
  AskCurrent();
}

void ClusterScenario::AskCurrent() {
  std::vector<std::string> addresses;
  for (const NodeId id : cluster_.ids()) addresses.push_back(cluster_.address(id));
  for (const auto& workload : workloads_) workload->AskOnly(addresses);
}

void ClusterScenario::Configure(NodeId id, const ServerConfig& server) {
  ClusterOptions options = MakeOptions(SettingsOf(settings_, server));
  Limit(server, &options.replica);
  if (server.small_memory) options.kv.write_buffer_bytes = options.kv.block_cache_bytes = 16 << 10;
  cluster_.Configure(id, std::move(options));
}

void ClusterScenario::Start() {
  cluster_.StartAll();
  AskCurrent();
  for (const auto& workload : workloads_) workload->Start();
}

Status ClusterScenario::Violation() const {
  QR_RETURN_IF_ERROR(cluster_.violation());
  for (const auto& workload : workloads_) QR_RETURN_IF_ERROR(workload->violation());
  return OkStatus();
}

void ClusterScenario::BeginRepair(const std::vector<NodeId>& core) {
  core_ = core;
  std::vector<std::string> addresses;
  for (const NodeId id : core_) {
    addresses.push_back(cluster_.address(id));
    applied_before_.push_back(AppliedBy(id));
  }
  for (const auto& workload : workloads_) {
    workload->AskOnly(addresses);
    workload->MarkProgress();
  }
}

bool ClusterScenario::Progressed() const {
  for (const auto& workload : workloads_) {
    if (!workload->Progressed()) return false;
  }
  for (size_t i = 0; i < core_.size(); ++i) {
    if (AppliedBy(core_[i]) <= applied_before_[i]) return false;
  }
  return true;
}

void ClusterScenario::StopIssuing() {
  for (const auto& workload : workloads_) workload->StopIssuing();
}

bool ClusterScenario::Idle() const {
  for (const auto& workload : workloads_) {
    if (!workload->Idle()) return false;
  }
  return true;
}

bool ClusterScenario::Settled() const {
  for (const NodeId id : core_) {
    if (cluster_.node(id) == nullptr) return false;
  }
  const LogIndex first = cluster_.node(core_[0])->replicas().last_index(node::kDataGroup);
  for (const NodeId id : core_) {
    const auto& replicas = cluster_.node(id)->replicas();
    if (replicas.applied_index(node::kDataGroup) != first ||
        replicas.last_index(node::kDataGroup) != first) {
      return false;
    }
  }
  return true;
}

void ClusterScenario::BeginFinalReads() {
  const std::string address = cluster_.address(core_[random_.Below(core_.size())]);
  for (const auto& workload : workloads_) workload->BeginFinalReads(address);
}

bool ClusterScenario::FinalReadsDone() const {
  for (const auto& workload : workloads_) {
    if (!workload->FinalReadsDone()) return false;
  }
  return true;
}

Status ClusterScenario::CheckHistory() const {
  for (const auto& workload : workloads_) {
    QR_RETURN_IF_ERROR(Annotate(workload->CheckHistory(), workload->name()));
  }
  return OkStatus();
}

std::string ClusterScenario::Operations() const {
  if (workloads_.size() == 1) return workloads_[0]->Summary();
  std::string text;
  for (const auto& workload : workloads_) {
    StrAppend(&text, text.empty() ? "" : "; ", workload->name(), ": ", workload->Summary());
  }
  return text;
}

std::vector<const Workload*> ClusterScenario::workloads() const {
  std::vector<const Workload*> all;
  for (const auto& workload : workloads_) all.push_back(workload.get());
  return all;
}

}  // namespace quadraft::sim
