#include "sim/world/process.h"

#include <cstdio>
#include <utility>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

constexpr Duration kPostDelay = microseconds(1);     // So that a loop of posts cannot stop time.
constexpr Duration kOffloadMax = microseconds(500);  // How long off-loop work takes at most.
constexpr int64_t kMillion = 1'000'000;
constexpr int64_t kForeverNs = int64_t{1} << 60;
constexpr int64_t kWallStartUs = 1'750'000'000'000'000;  // 2025-06-15.

}  // namespace

Process::Process(World* world, uint32_t index, NodeId id, std::string name, Factory factory,
                 SimDiskOptions disk)
    : world_(world),
      index_(index),
      id_(id),
      name_(std::move(name)),
      factory_(std::move(factory)),
      disk_(Fingerprint64(name_, world->seed()), nullptr, disk) {
  disk_.OnWrite([this](uint64_t digest) { world_->Fold(EventKind::kDisk, id_, digest); });
  // As the program sees it: after the stalls of this event so far.
  disk_.SetNow([this] { return Duration(std::max(busy_until_ns_, world_->now_ns())); });
  disk_.OnStall([this](Duration stall) {
    busy_until_ns_ = std::max(busy_until_ns_, world_->now_ns()) + stall.count();
  });
}

Process::~Process() { CrashNow(CrashKind::kKill); }

void Process::Start() { StartAfter(Duration(0)); }

void Process::StartAfter(Duration delay) {
  world_->After(delay, [this] {
    if (env_ != nullptr || retired_) return;
    ++incarnation_;
    env_ = std::make_unique<ProcessEnv>(world_, this, incarnation_);
    disk_.Attach(env_.get());
    Note(ProcessChange::kStarted);
    busy_until_ns_ = world_->now_ns();
    world_->Schedule(Duration(0), EventKind::kStart, index_, incarnation_,
                     [this] { program_ = factory_(*env_); });
  });
}

void Process::Crash(CrashKind kind) {
  if (env_ == nullptr) return;
  if (world_->current_index() == index_) {
    world_->After(Duration(0), [this, kind, at = incarnation_] {
      if (incarnation_ == at) CrashNow(kind);
    });
    return;
  }
  CrashNow(kind);
}

void Process::CrashNow(CrashKind kind) {
  if (env_ == nullptr) return;
  env_->Kill();
  Note(kind == CrashKind::kPower ? ProcessChange::kPowerFailed : ProcessChange::kKilled);
  world_->Fold(EventKind::kCrash, id_, static_cast<uint64_t>(kind));
  if (kind == CrashKind::kPower) {
    disk_.Crash();
  } else {
    disk_.Detach();
  }
  std::vector<Closure> dying = world_->KillOwned(index_);
  for (const uint32_t slot : parked_) world_->ReleaseSlot(slot);
  parked_.clear();
  paused_ = false;
  world_->network().OnCrash(index_);
  program_.reset();  // First the program, then what its closures still hold, as when a real process
                     // ends.
  dying.clear();
  world_->ClearGraves();
  disk_.TakeDropped().clear();
  env_.reset();
  disk_.Attach(nullptr);
}

int64_t Process::world_now_ns() const { return world_->now_ns(); }

int64_t Process::LocalTime(int64_t world_ns) const {
  const int64_t passed = world_ns - clock_world_ns_;
  if (clock_rate_ppm_ == 0) return clock_local_ns_ + passed;
  return clock_local_ns_ + static_cast<int64_t>(static_cast<__int128>(passed) *
                                                (kMillion + clock_rate_ppm_) / kMillion);
}

// The least one after which so much local time has passed.
int64_t Process::WorldDelay(int64_t local_delay_ns) const {
  if (clock_rate_ppm_ == 0 || local_delay_ns <= 0) return local_delay_ns;
  const int64_t rate = kMillion + clock_rate_ppm_;
  const __int128 delay = (static_cast<__int128>(local_delay_ns) * kMillion + rate - 1) / rate;
  return static_cast<int64_t>(std::min<__int128>(delay, kForeverNs));
}

void Process::SetClockRate(int64_t ppm) {
  QR_CHECK(ppm >= kClockStands && ppm <= kMillion) << "a clock's rate of " << ppm;
  const int64_t now = world_->now_ns();
  const int64_t local = LocalTime(now);
  const auto due = [this](int64_t at) { return LocalTime(at); };
  std::vector<int64_t> dues;
  world_->MoveEvents(index_, EventKind::kTimer, [&](int64_t at) {
    dues.push_back(due(at));
    return at;
  });
  clock_world_ns_ = now;
  clock_local_ns_ = local;
  clock_rate_ppm_ = ppm;
  size_t next = 0;
  world_->MoveEvents(index_, EventKind::kTimer, [&](int64_t) {
    return now + WorldDelay(std::max<int64_t>(0, dues[next++] - local));
  });
}

uint64_t Process::Watch(std::function<void()> fn) {
  watchers_[next_watcher_] = std::move(fn);
  UpdateHooked();
  return next_watcher_++;
}

void Process::Unwatch(uint64_t id) {
  watchers_.erase(id);
  UpdateHooked();
}

void Process::AfterEvent() {
  if (event_cost_ns_ > 0)
    busy_until_ns_ = std::max(busy_until_ns_, world_->now_ns()) + event_cost_ns_;
  if (watchers_.empty()) return;
  const auto watchers = watchers_;  // They may unwatch themselves.
  for (const auto& [id, fn] : watchers) fn();
}

void Process::Note(ProcessChange change) {
  if (Observer* const watching = world_->observer()) watching->OnProcess(id_, change);
}

void Process::Pause() {
  paused_ = env_ != nullptr;
  if (paused_) Note(ProcessChange::kPaused);
}

void Process::Resume() {
  if (!paused_) return;
  paused_ = false;
  Note(ProcessChange::kResumed);
  for (const uint32_t slot : parked_) world_->RequeueSlot(slot, world_->now_ns());
  parked_.clear();
}

ProcessEnv::ProcessEnv(World* world, Process* process, uint64_t incarnation)
    : world_(world),
      process_(process),
      seed_(Fingerprint64(process->name(), world->seed() ^ (incarnation * 0x9e3779b97f4a7c15u))),
      offload_random_(seed_, "sim/offload") {
  boot_ = seconds(Random(seed_, "sim/boot").Below(1'000'000));
}

Random& ProcessEnv::random(std::string_view name) {
  auto found = randoms_.find(name);
  if (found == randoms_.end()) {
    found = randoms_.emplace(std::string(name), std::make_unique<Random>(seed_, name)).first;
  }
  return *found->second;
}

void ProcessEnv::Log(LogLevel level, std::string_view line) {
  world_->LogLine(*process_, level, line);
}

MonotonicTime ProcessEnv::Now() const {
  return MonotonicTime(Duration(process_->LocalTime(world_->now_ns())) + boot_);
}

WallTime ProcessEnv::WallNow() const {
  ++process_->wall_reads_;
  return {kWallStartUs +
          (process_->LocalTime(world_->now_ns()) + process_->wall_offset_.count()) / 1000};
}

void ProcessEnv::Post(Closure fn) {
  if (!alive_) return;
  world_->Schedule(kPostDelay, EventKind::kPost, process_->index_, 0, std::move(fn));
}

TimerId ProcessEnv::RunAfter(Duration delay, Closure fn) {
  if (!alive_) return TimerId();
  if (delay < kPostDelay) delay = kPostDelay;
  delay = Duration(process_->WorldDelay(delay.count()));
  return TimerId(world_->Schedule(delay, EventKind::kTimer, process_->index_, 0, std::move(fn)));
}

bool ProcessEnv::Cancel(TimerId timer) { return world_->CancelEvent(timer.value()); }

void ProcessEnv::Offload(Closure work, Closure done) {
  if (!alive_) return;
  const Duration takes(static_cast<int64_t>(offload_random_.Below(kOffloadMax.count())) + 1000);
  world_->Schedule(takes, EventKind::kOffload, process_->index_, 0,
                   [this, work = std::move(work), done = std::move(done)]() mutable {
                     work();
                     Post(std::move(done));
                   });
}

void ProcessEnv::Send(NodeId to, Channel channel, std::string payload) {
  if (alive_) world_->network().Send(process_->index_, to, channel, std::move(payload));
}

void ProcessEnv::OnMessage(Channel channel, MessageHandler handler) {
  const size_t at = static_cast<size_t>(channel);
  if (!handler) {
    handlers_[at] = nullptr;
  } else {
    handlers_[at] = std::make_shared<MessageHandler>(std::move(handler));
  }
}

void ProcessEnv::SetAddress(NodeId node, std::string_view address) {
  if (alive_) addresses_[node] = address;
}

bool ProcessEnv::Knows(const Process& peer) const {
  if (peer.peer_address().empty()) return true;
  const auto known = addresses_.find(peer.id());
  return known != addresses_.end() && known->second == peer.peer_address();
}

// Who connects says where it listens.
void ProcessEnv::HandleMessage(NodeId from, Channel channel, std::string_view payload) {
  if (const std::string& address = world_->process(from).peer_address(); !address.empty()) {
    std::string& known = addresses_[from];
    if (known != address) known = address;
  }
  const auto handler = handlers_[static_cast<size_t>(channel)];  // Lives through its own call.
  if (handler) (*handler)(from, payload);
}

StatusOr<std::unique_ptr<Listener>> ProcessEnv::Listen(std::string_view address,
                                                       AcceptHandler on_accept) {
  if (!alive_) return Unavailable("the process is ending");
  return world_->network().Listen(process_->index_, address, std::move(on_accept));
}

void ProcessEnv::Connect(std::string_view address, ConnectHandler done) {
  if (alive_) world_->network().Connect(process_->index_, address, std::move(done));
}

}  // namespace quadraft::sim
