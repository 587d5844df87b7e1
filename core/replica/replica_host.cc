#include "core/replica/replica_host.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base/check.h"
#include "core/base/sim_points.h"
#include "core/base/strings.h"

namespace quadraft::replica {

ReplicaHost::ReplicaHost(Env& env, NodeId self, LogStore& log, Options options)
    : self_(self),
      options_(std::move(options)),
      shared_{.env = env,
              .log = log,
              .self = self,
              .options = options_,
              .monitor = NodeMonitor(options_.raft, options_.wire_version,
                                     env.random("replica/incarnation").Next() | 1),
              .outbox = Outbox(std::clamp(options_.wire_version, kWireVersionMin, kWireVersion),
                               [this](NodeId to) { return shared_.monitor.Head(to); },
                               [this](NodeId to) {
                                 const auto known = peer_versions_.find(to);
                                 return known == peer_versions_.end() ? 0 : known->second;
                               })},
      admission_(env, self, options_.identity_path, options_.address, options_.wire_version),
      alive_(std::make_shared<bool>(true)) {}

ReplicaHost::~ReplicaHost() { Stop(); }

Status ReplicaHost::AddGroup(GroupId group, std::vector<NodeId> voters,
                             StateMachine* state_machine) {
  if (replicas_.contains(group)) return AlreadyExists("group ", group);
  std::sort(voters.begin(), voters.end());
  voters.erase(std::unique(voters.begin(), voters.end()), voters.end());
  if (voters.size() > raft::kVotersMax) {
    return InvalidArgument("group ", group, " has ", voters.size(), " voters; at most ",
                           raft::kVotersMax, " can be");
  }
  if (!recovered_) {
    recovered_ = shared_.log.TakeRecovered();
    QR_RETURN_IF_ERROR(admission_.Open(!recovered_->empty() ||
                                       state_machine->applied_index() != LogIndex{}));
    shared_.disk = admission_.disk();
    shared_.outbox.set_disk(admission_.disk());
  }
  RecoveredGroup recovered;
  if (const auto found = recovered_->find(group); found != recovered_->end()) {
    recovered = std::move(found->second);
    recovered_->erase(found);
  }
  raft::Configuration founding;
  if (!voters.empty()) {
    QR_RETURN_IF_ERROR(admission_.Found(voters));
    if (waiting()) {
      founding_[group] = std::move(voters);
    } else {
      founding = admission_.Founding(voters);
    }
  }
  QR_ASSIGN_OR_RETURN(auto replica, Replica::Recover(&shared_, group, std::move(founding),
                                                     state_machine, std::move(recovered)));
  Replica& added = *replicas_.emplace(group, std::move(replica)).first->second;
  if (started_) Touch(added);
  return OkStatus();
}

void ReplicaHost::Start() {
  QR_CHECK(!started_) << "started twice";
  started_ = true;
  for (const Channel channel : {Channel::kRaft, Channel::kSnapshot}) {
    shared_.env.network().OnMessage(channel,
                                    [this, alive = alive_](NodeId from, std::string_view bytes) {
                                      if (*alive) OnBatch(from, bytes);
                                    });
  }
  TouchSpaced();
  AskAdmission();
  ArmPlacement();
}

// One after the other, so that a node with many groups does not drown in its elections.
void ReplicaHost::TouchSpaced() {
  Duration delay{0};
  for (Replica* replica : FromOwnStart()) {
    replica->Postpone(std::exchange(delay, delay + options_.campaign_spacing));
    Touch(*replica);
  }
}

void ReplicaHost::AskAdmission() {
  if (!waiting() || !shared_.fault.ok()) return;
  admission_.Ask();
  shared_.env.executor().RunAfter(Admission::kAskInterval, [this, alive = alive_] {
    if (*alive) AskAdmission();
  });
}

uint64_t ReplicaHost::DiskOf(NodeId node) const {
  for (const auto& [group, replica] : replicas_) {
    if (const uint64_t disk = replica->DiskOf(node); disk != 0) return disk;
  }
  return admission_.DiskOf(node);
}

void ReplicaHost::OnIntroduction(NodeId from) {
  const bool waited = waiting();
  shared_.Fail(admission_.OnIntroduction(from, scratch_.disk(), scratch_.introduction(), DiskOf(from)));
  if (!shared_.fault.ok()) return ReportFault();
  if (!waited || waiting()) return;
  for (auto& [group, voters] : std::exchange(founding_, {})) {
    At(group).Found(admission_.Founding(voters));
  }
  TouchSpaced();
}

void ReplicaHost::Stop() {
  if (stopped_) return;
  stopped_ = true;
  *alive_ = false;
  if (timer_ != TimerId{}) shared_.env.executor().Cancel(timer_);
  FailAll();
}

void ReplicaHost::FailAll() {
  for (auto& [group, replica] : replicas_) replica->FailPending("node stops");
  RunCompletions();
}

Replica* ReplicaHost::Find(GroupId group) const {
  const auto found = replicas_.find(group);
  return found == replicas_.end() ? nullptr : found->second.get();
}

Replica& ReplicaHost::At(GroupId group) const {
  Replica* replica = Find(group);
  QR_CHECK(replica != nullptr) << "no group " << group;
  return *replica;
}

LogIndex ReplicaHost::Propose(GroupId group, std::string payload, ProposalCallback done) {
  Replica* replica = Find(group);
  Status refused;
  if (stopped_ || !shared_.fault.ok()) refused = Unavailable("node stops");
  if (replica == nullptr) refused.Update(NotFound("no group ", group));
  if (refused.ok()) {
    const LogIndex index = replica->Propose(std::move(payload), std::move(done));
    Touch(*replica);
    PostTurn();
    return index;
  }
  shared_.env.executor().Post([done = std::move(done), refused]() mutable { done(refused); });
  return LogIndex{};
}

void ReplicaHost::ReadBarrier(GroupId group, ReadCallback done) {
  Replica* replica = Find(group);
  Status refused;
  if (stopped_ || !shared_.fault.ok()) refused = Unavailable("node stops");
  if (replica == nullptr) refused.Update(NotFound("no group ", group));
  if (refused.ok()) {
    replica->ReadBarrier(std::move(done));
    Touch(*replica);
    return PostTurn();
  }
  shared_.env.executor().Post([done = std::move(done), refused]() mutable { done(refused); });
}

void ReplicaHost::ReadStale(GroupId group, Duration bound, ReadCallback done) {
  Replica* replica = Find(group);
  if (stopped_ || !shared_.fault.ok() || replica == nullptr) {
    return ReadBarrier(group, std::move(done));  // Which says why not.
  }
  replica->ReadStale(shared_.env.clock().Now(), bound, std::move(done));
  Touch(*replica);
  PostTurn();
}

StatusOr<Replica*> ReplicaHost::Running(GroupId group) const {
  if (stopped_ || !started_ || !shared_.fault.ok()) return Unavailable("node stops");
  Replica* const replica = Find(group);
  if (replica == nullptr) return NotFound("no group ", group);
  return replica;
}

Status ReplicaHost::TransferLeadership(GroupId group, NodeId to) {
  QR_ASSIGN_OR_RETURN(Replica * replica, Running(group));
  const auto version = peer_versions_.find(to);
  const bool known = version != peer_versions_.end() && version->second >= kWireVersionTransfer;
  if (replica->raft().role() == raft::Role::kLeader && to != self_ &&
      replica->raft().configuration().IsVoter(to) &&
      (!known || options_.wire_version < kWireVersionTransfer)) {
    return FailedPrecondition("node ", known ? self_ : to, " speaks no version with transfers yet");
  }
  QR_RETURN_IF_ERROR(replica->TransferLeadership(to));
  Touch(*replica);
  PostTurn();
  return OkStatus();
}

// An older program would go on counting as the group was founded. Who is removed need not
// understand it: it may be gone for good, and then nothing else could be changed ever again.
Status ReplicaHost::CheckVersions(const Replica& replica, const raft::ConfigurationChange& change,
                                  uint32_t version) const {
  if (options_.wire_version < version) {
    return FailedPrecondition("node ", self_, " is held back to an older version");
  }
  for (const NodeId node : replica.raft().configuration().Members()) {
    const auto removes = [node](const raft::NodeChange& one) {
      return one.node == node && one.kind == raft::ChangeKind::kRemove;
    };
    if (std::any_of(change.changes.begin(), change.changes.end(), removes)) continue;
    const auto known = peer_versions_.find(node);
    if (known != peer_versions_.end() && known->second < version) {
      return FailedPrecondition("node ", node, " speaks an older version: upgrade it first, or remove it");
    }
  }
  return OkStatus();
}

void ReplicaHost::ChangeMembership(GroupId group, raft::ConfigurationChange change,
                                   ProposalCallback done) {
  const StatusOr<Replica*> replica = Running(group);
  const uint32_t version = change.contacts.empty() ? kWireVersionMembership : kWireVersionContacts;
  const Status status = replica.ok() ? CheckVersions(**replica, change, version) : replica.status();
  if (!status.ok()) {
    return shared_.env.executor().Post(
        [done = std::move(done), status]() mutable { done(status); });
  }
  const bool with_disks = CheckVersions(**replica, change, kWireVersionContacts).ok();
  (*replica)->ChangeMembership(std::move(change), with_disks, std::move(done),
                               shared_.env.clock().Now());
  Touch(**replica);
  PostTurn();
}

Status ReplicaHost::CompactNow(GroupId group, bool keep_for_followers) {
  QR_ASSIGN_OR_RETURN(Replica * replica, Running(group));
  const Status status = replica->CompactNow(keep_for_followers, shared_.env.clock().Now());
  if (!shared_.fault.ok()) ReportFault();
  return status;
}

void ReplicaHost::Mark(Replica& replica) {
  if (replica.touched) return;
  replica.touched = true;
  touched_.push_back(&replica);
}

void ReplicaHost::Touch(Replica& replica) {
  Mark(replica);
  if (!turn_posted_ && started_ && touched_.size() == 1) PostTurn();
}

void ReplicaHost::PostTurn() {
  if (turn_posted_ || stopped_ || !started_) return;
  turn_posted_ = true;
  shared_.env.executor().Post([this, alive = alive_] {
    if (!*alive) return;
    turn_posted_ = false;
    Turn();
  });
}

void ReplicaHost::Turn() {
  if (stopped_ || !shared_.fault.ok()) return;
  const MonotonicTime now = shared_.env.clock().Now();
  shared_.monitor.SetNow(now);
  std::vector<Replica*> work;
  work.swap(touched_);
  for (Replica* replica : work) {
    replica->touched = false;
    const uint64_t sync_id = replica->Advance(now);
    if (sync_id != 0) unsynced_.emplace_back(replica, sync_id);
    if (!shared_.fault.ok()) return ReportFault();
    if (replica->more_to_do()) Touch(*replica);
    NoteSleep(*replica, now);
    NoteLeading(*replica, now);
    Schedule(*replica);
  }
  work.clear();
  if (touched_.empty()) touched_.swap(work);  // Keeps its memory.
  StartSync();
  shared_.outbox.Flush(shared_.env.network());
  ArmTimer();
  RunCompletions();
}

// A callback may call anything, Stop and the destructor of the host's owner included.
void ReplicaHost::RunCompletions() {
  std::vector<Closure> completions;
  completions.swap(shared_.completions);
  for (Closure& completion : completions) completion();
}

void ReplicaHost::StartSync() {
  if (sync_under_way_ || unsynced_.empty()) return;
  sync_under_way_ = true;
  syncing_.swap(unsynced_);
  ++shared_.counters.syncs;
  shared_.log.Sync([this, alive = alive_](Status status) {
    if (*alive) OnSynced(std::move(status));
  });
}

void ReplicaHost::OnSynced(Status status) {
  sync_under_way_ = false;
  if (!status.ok()) {
    shared_.Fail(Annotate(status, "log"));
    return ReportFault();
  }
  for (auto& [replica, sync_id] : syncing_) {
    replica->Synced(sync_id);
    Mark(*replica);
  }
  syncing_.clear();
  Turn();
}

void ReplicaHost::OnBatch(NodeId from, std::string_view bytes) {
  if (!shared_.fault.ok()) return;
  const MonotonicTime now = shared_.env.clock().Now();
  shared_.monitor.SetNow(now);
  ++shared_.counters.batches_received;
  uint32_t version = 0;
  bool tell = false;  // That this is not the disk of that member.
  const Status status = DecodeBatch(
      from, self_, bytes, options_.wire_version, &scratch_, &version,
      [&](GroupId group, raft::Message message) { tell |= Receive(group, std::move(message), now); },
      [&](const BatchHead& head) { OnHead(from, head, now); });
  if (!status.ok()) ++shared_.counters.batches_invalid;
  if (version != 0) {
    peer_versions_[from] = version;
    if (version != options_.wire_version) ++shared_.counters.batches_of_other_version;
    if (scratch_.has_introduction()) OnIntroduction(from);
  }
  if (tell) admission_.Tell(from, DiskOf(from));
  Turn();
}

// True: its sender's disk is not that of the member, and it is for us to tell it so.
bool ReplicaHost::Receive(GroupId group, raft::Message message, MonotonicTime now) {
  ++shared_.counters.messages_received;
  if (waiting()) return false;
  Replica* replica = Find(group);
  if (replica == nullptr) {
    ++shared_.counters.messages_unknown_group;
    return false;
  }
  if (!replica->Believes(message, scratch_.disk())) {
    SIM_SOMETIMES(true, "other-disk-not-believed");
    return replica->raft().role() == raft::Role::kLeader;
  }
  replica->Step(now, std::move(message));
  Mark(*replica);
  return false;
}

void ReplicaHost::OnTimer() {
  timer_ = TimerId{};
  timer_at_ = MonotonicTime::max();
  const MonotonicTime now = shared_.env.clock().Now();
  shared_.monitor.SetNow(now);
  TickMonitor(now);
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const auto [at, group] = deadlines_.front();
    std::pop_heap(deadlines_.begin(), deadlines_.end(), std::greater<>());
    deadlines_.pop_back();
    Replica& replica = At(group);
    if (replica.scheduled_at != at) continue;  // It has a nearer place.
    replica.scheduled_at = MonotonicTime::max();
    if (replica.next_deadline() <= now) {
      replica.Tick(now);
      Mark(replica);
    } else {
      Schedule(replica);
    }
  }
  Turn();
}

// Only a nearer deadline needs a new place.
void ReplicaHost::Schedule(Replica& replica) {
  const MonotonicTime deadline = replica.next_deadline();
  if (deadline >= replica.scheduled_at) return;
  replica.scheduled_at = deadline;
  deadlines_.emplace_back(deadline, replica.group());
  std::push_heap(deadlines_.begin(), deadlines_.end(), std::greater<>());
}

// The timer is left to run early, and looks again.
void ReplicaHost::ArmTimer() {
  MonotonicTime deadline = shared_.monitor.next_deadline();
  if (!deadlines_.empty()) deadline = std::min(deadline, deadlines_.front().first);
  if (deadline >= timer_at_) return;
  if (timer_ != TimerId{}) shared_.env.executor().Cancel(timer_);
  timer_at_ = deadline;
  const Duration delay = std::max(deadline - shared_.env.clock().Now(), Duration(0));
  timer_ = shared_.env.executor().RunAfter(delay, [this, alive = alive_] {
    if (*alive) OnTimer();
  });
}

void ReplicaHost::ReportFault() {
  if (fault_reported_) return;
  fault_reported_ = true;
  shared_.env.Log(LogLevel::kError, StrCat("replica host stops: ", ToString(shared_.fault)));
  if (timer_ != TimerId{}) shared_.env.executor().Cancel(timer_);
  timer_ = TimerId{};
  shared_.env.executor().Post([this, alive = alive_] {
    if (!*alive) return;
    const Status fault = shared_.fault;
    auto on_fatal = options_.on_fatal;
    FailAll();
    if (on_fatal) on_fatal(fault);
  });
}

GroupStatus ReplicaHost::status(GroupId group) const {
  return At(group).status(shared_.env.clock().Now());
}

std::optional<NodeId> ReplicaHost::leader(GroupId group) const {
  const Replica* replica = Find(group);
  if (replica == nullptr || replica->raft().leader() == NodeId{}) return std::nullopt;
  return replica->raft().leader();
}

LogIndex ReplicaHost::applied_index(GroupId group) const { return At(group).applied(); }
LogIndex ReplicaHost::last_index(GroupId group) const {
  return At(group).raft().log().last_index();
}
const raft::Raft& ReplicaHost::raft(GroupId group) const { return At(group).raft(); }

std::vector<GroupId> ReplicaHost::groups() const {
  std::vector<GroupId> groups;
  for (const auto& [group, replica] : replicas_) groups.push_back(group);
  return groups;
}

}  // namespace quadraft::replica
