#include "sim/workloads/log_workload.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/cluster/vouched.h"

namespace quadraft::sim {
namespace {

constexpr Duration kSupervisorDelay = milliseconds(500);
constexpr Duration kSlowPace = milliseconds(100);
constexpr Duration kStaleMax = milliseconds(1500);
constexpr char kRead[] = "read", kPropose[] = "propose";

}  // namespace

class LogWorkload::Server : public Program {
 public:
  Server(Env& env, LogWorkload* workload, NodeId id) : env_(env), workload_(*workload), id_(id) {
    const Status started = Begin();
    if (!started.ok()) {
      env_.Log(LogLevel::kError, StrCat("start failed: ", ToString(started)));
      host_.reset();
      workload_.OnStopped(id_, started);
    }
  }
  ~Server() override {
    if (host_) host_->Stop();
  }

  bool up() const { return host_ != nullptr; }
  replica::ReplicaHost& host() const { return *host_; }
  const ListMachine& machine() const { return *machine_; }
  int under_way() const { return under_way_; }

 private:
  Status Begin() {
    QR_ASSIGN_OR_RETURN(machine_, ListMachine::Open(env_.disk()));
    const auto own = workload_.configured_.find(id_);
    const bool configured = own != workload_.configured_.end();
    const uint64_t segment_bytes =
        configured ? own->second.second : workload_.options_.segment_bytes;
    QR_ASSIGN_OR_RETURN(log_,
                        store::WriteAheadLog::Open(env_, "log",
                                                   {.segment_bytes = segment_bytes,
                                                    .rebuild_damaged = true}));
    replica::Options options = configured ? own->second.first : workload_.options_.replica;
    options.on_fatal = [this](const Status& status) {
      env_.Log(LogLevel::kError, StrCat("cannot go on: ", ToString(status)));
      workload_.OnStopped(id_, status);
    };
    options.identity_path = "log/identity";
    options.address = ServerSet::PeerAddress(id_);
    workload_.servers_.GiveFlags(id_, env_.network());
    const bool founds = workload_.servers_.IsFounder(id_);
    host_ = std::make_unique<replica::ReplicaHost>(env_, id_, *log_, options);
    QR_RETURN_IF_ERROR(host_->AddGroup(
        kGroup, founds ? workload_.servers_.founders() : std::vector<NodeId>(), machine_.get()));
    host_->Start();
    Next();
    return OkStatus();
  }

  void Next() {
    const std::optional<Operation> next = workload_.operations_.Next(
        static_cast<int>(id_.value()) - 1, workload_.world_->now(),
        [this](Random& random, Operation* operation) {
          operation->kind = random.OneIn(4) ? kRead : kPropose;
          const bool slow = workload_.next_item_ > workload_.options_.items_full_speed;
          return (slow ? kSlowPace : Duration(0)) +
                 Duration(random.Between(0, workload_.options_.gap_max.count()));
        });
    const Duration gap = next ? next->WaitFrom(workload_.world_->now()) : kNoOperationPause;
    env_.executor().RunAfter(gap, [this, next] {
      if (next && workload_.issuing_) next->kind == kRead ? Read(next->seed) : Propose(next->seed);
      Next();
    });
  }

  void Propose(uint64_t seed) {
    Random random(seed, kPropose);
    if (!host_->is_leader(kGroup) && !random.OneIn(50)) return;
    std::string payload = StrCat("item ", workload_.next_item_++, " ");
    payload.append(random.Below(workload_.options_.payload_bytes_max), 'x');
    ++under_way_;
    const auto promised = std::make_shared<LogIndex>();
    const int64_t operation =
        workload_.Invoke(id_, "propose ", payload.substr(0, payload.rfind(' ')));
    *promised = host_->Propose(
        kGroup, payload,
        [this, payload, promised, operation](StatusOr<replica::ProposalResult> result) {
          --under_way_;
          workload_.Complete(operation, id_, result.status(),
                             result.ok() ? result->index : LogIndex{});
          workload_.OnProposed(payload, *promised, result);
        });
  }

  void Read(uint64_t seed) {
    Random random(seed, kRead);
    Duration behind{0};
    if (workload_.options_.stale_reads && random.OneIn(2)) {
      behind = milliseconds(random.Between(1, kStaleMax / milliseconds(1)));
    }
    ++under_way_;
    const LogIndex must = workload_.AcknowledgedBefore(workload_.world_->now() - behind);
    const int64_t operation = workload_.Invoke(
        id_, "read", behind > Duration(0) ? StrCat(", up to ", behind / milliseconds(1), " ms behind") : "",
        ", must see index ", must);
    auto done = [this, must, operation](Status status) {
      --under_way_;
      workload_.Complete(operation, id_, status, machine_->state().index);
      if (status.ok()) workload_.CheckRead(id_, must);
    };
    if (behind > Duration(0)) {
      host_->ReadStale(kGroup, behind, std::move(done));
    } else {
      host_->ReadBarrier(kGroup, std::move(done));
    }
  }

  Env& env_;
  LogWorkload& workload_;
  const NodeId id_;
  std::unique_ptr<ListMachine> machine_;
  std::unique_ptr<store::WriteAheadLog> log_;
  std::unique_ptr<replica::ReplicaHost> host_;
  int under_way_ = 0;
};

LogWorkload::LogWorkload(World* world, OperationTape* operations, LogOptions options)
    : world_(world),
      operations_(*operations),
      options_(std::move(options)),
      servers_(options_.nodes),
      reads_(servers_.all().size()) {
  for (const NodeId id : servers_.all()) {
    world_->AddProcess(id, StrCat("n", id), [this, id](Env& env) -> std::unique_ptr<Program> {
      Process& process = world_->process(id);
      if (process.broken() && !HarmIsNoticed(process.disk())) {
        process.Retire();
        process.Crash(CrashKind::kKill);
        return nullptr;
      }
      return std::make_unique<Server>(env, this, id);
    }).set_peer_address(ServerSet::PeerAddress(id));
  }
}

LogWorkload::~LogWorkload() {
  for (const NodeId id : servers_.all()) world_->process(id).Crash(CrashKind::kKill);
}

void LogWorkload::Start() {
  issuing_ = true;
  for (const NodeId id : servers_.founders()) world_->process(id).Start();
}

LogWorkload::Server* LogWorkload::server(NodeId node) const {
  if (!servers_.Has(node)) return nullptr;
  auto* server = static_cast<Server*>(world_->process(node).program());
  return server != nullptr && server->up() ? server : nullptr;
}

const raft::Raft* LogWorkload::raft(NodeId node) const {
  const Server* const found = server(node);
  if (found == nullptr || found->host().waiting() || world_->process(node).lost_disk()) return nullptr;
  return &found->host().raft(kGroup);
}

replica::ReplicaHost* LogWorkload::host(NodeId node) const {
  const Server* const found = server(node);
  return found == nullptr ? nullptr : &found->host();
}

const ListMachine* LogWorkload::machine(NodeId node) const {
  const Server* const found = server(node);
  return found == nullptr ? nullptr : &found->machine();
}

NodeId LogWorkload::Leader() const {
  NodeId leader;
  RaftTerm highest;
  for (const NodeId id : servers_.all()) {
    const raft::Raft* const candidate = raft(id);
    if (candidate == nullptr || candidate->role() != raft::Role::kLeader ||
        candidate->term() < highest)
      continue;
    leader = id;
    highest = candidate->term();
  }
  return leader;
}

void LogWorkload::Complete(int64_t operation, NodeId node, const Status& status, LogIndex index) {
  Observer* const watching = world_->observer();
  if (watching == nullptr) return;
  const OperationOutcome outcome = status.ok()                        ? OperationOutcome::kOk
                                   : absl::IsDeadlineExceeded(status) ? OperationOutcome::kUnknown
                                                                      : OperationOutcome::kFail;
  watching->OnComplete(operation, node, outcome,
                       status.ok() ? StrCat("at index ", index) : Message(status));
}

bool LogWorkload::Idle(const std::vector<NodeId>& nodes) const {
  return std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const Server* const found = server(id);
    return found == nullptr || found->under_way() == 0;
  });
}

bool LogWorkload::Settled(const std::vector<NodeId>& nodes) const {
  if (std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) { return server(id) == nullptr; }))
    return false;
  const LogIndex first = server(nodes[0])->host().last_index(kGroup);
  return std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const auto& host = server(id)->host();
    return host.applied_index(kGroup) == first && host.last_index(kGroup) == first;
  });
}

void LogWorkload::OnStopped(NodeId node, const Status& why) {
  const bool damage = absl::IsDataLoss(why) && world_->process(node).broken();
  const bool lie = absl::IsDataLoss(why) && world_->process(node).disk().lied();
  if (damage) world_->process(node).Retire();
  if (!damage && !lie && !absl::IsUnavailable(why) && !absl::IsResourceExhausted(why)) {
    Fail(Annotate(why, StrCat("node ", node, " stopped itself")));
  }
  // After an I/O error half of the machines are power-cycled: whatever a failed sync left in doubt
  // may be gone. On the others the new process reads what the page cache made of it.
  const bool power = absl::IsUnavailable(why) && world_->random("sim/supervisor").OneIn(2);
  world_->process(node).Crash(power ? CrashKind::kPower : CrashKind::kKill);
  world_->process(node).StartAfter(kSupervisorDelay);
}

void LogWorkload::OnProposed(const std::string& payload, LogIndex promised,
                             const StatusOr<replica::ProposalResult>& result) {
  if (result.ok()) {
    ++acknowledged_count_;
    if (result->index != promised) {
      Fail(Internal(payload, " was promised index ", promised, " and acknowledged at ",
                    result->index));
    }
    const auto [at, added] = acknowledged_.emplace(result->index, payload);
    if (acknowledged_at_.empty() || acknowledged_at_.back().second < result->index) {
      acknowledged_at_.emplace_back(world_->now(), result->index);
    }
    while (acknowledged_at_.size() > 1 && acknowledged_at_[1].first < world_->now() - 2 * kStaleMax) {
      acknowledged_at_.pop_front();
    }
    if (!added)
      Fail(Internal("index ", result->index, " was acknowledged twice: ", payload, " and ",
                    at->second));
  } else if (absl::IsDeadlineExceeded(result.status())) {
    ++unknown_count_;
  } else {
    ++refused_count_;
    refused_[payload] = true;
  }
  world_->Fold(EventKind::kWorld, NodeId{},
               static_cast<uint64_t>(result.status().code()) << 32 | promised.value());
}

LogIndex LogWorkload::AcknowledgedBefore(Duration time) const {
  for (auto at = acknowledged_at_.rbegin(); at != acknowledged_at_.rend(); ++at) {
    if (at->first <= time) return at->second;
  }
  return LogIndex{};
}

void LogWorkload::CheckRead(NodeId node, LogIndex must_hold) {
  // A barrier that is passed while its process ends answers nobody.
  if (server(node) == nullptr) return;
  ++reads_[node.value() - 1];
  const LogIndex applied = server(node)->machine().state().index;
  if (applied < must_hold) {
    Fail(Internal("stale read: node ", node, " read at index ", applied, " after index ", must_hold,
                  " had been acknowledged"));
  }
}

Status LogWorkload::CheckFinalState(const std::vector<NodeId>& nodes) const {
  const ListMachine::State& first = server(nodes[0])->machine().state();
  for (const NodeId id : nodes) {
    const ListMachine::State& other = server(id)->machine().state();
    if (other.index != first.index || other.digest.value() != first.digest.value()) {
      return Internal("state machine safety: nodes ", nodes[0], " and ", id, " differ at index ",
                      first.index);
    }
  }
  std::map<LogIndex, std::string_view> held;
  std::set<std::string_view> items;
  for (const auto& [index, payload] : first.items) {
    held.emplace(index, payload);
    if (!items.insert(payload).second) return Internal("an item is there twice: ", payload);
    if (refused_.contains(payload)) return Internal("a refused item happened: ", payload);
  }
  for (const auto& [index, payload] : acknowledged_) {
    const auto found = held.find(index);
    if (found == held.end() || found->second != payload) {
      return Internal("acknowledged write lost: index ", index, ", ", payload);
    }
  }
  return OkStatus();
}

std::string LogWorkload::Summary() const {
  uint64_t reads = 0;
  for (const uint64_t n : reads_) reads += n;
  return StrCat("ok ", acknowledged_count_, ", fail ", refused_count_, ", unknown ", unknown_count_,
                ", reads ", reads);
}

}  // namespace quadraft::sim
