#include "sim/world/world.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSmallIds = 4096;

}  // namespace

World::World(uint64_t seed, WorldOptions options)
    : seed_(seed),
      options_(options),
      network_(this, seed, options.network),
      small_ids_(kSmallIds, -1) {
  hash_.Fold(seed);
}

World::~World() {
  // Processes first: their programs may still use every other part.
  current_ = Scheduler::kNoOwner;
  observer_ = nullptr;
  for (auto& process : processes_) process->CrashNow(CrashKind::kKill);
}

Process& World::AddProcess(NodeId id, std::string name, Process::Factory factory) {
  QR_CHECK(FindIndex(id) < 0) << "process " << id << " exists";
  const uint32_t index = static_cast<uint32_t>(processes_.size());
  processes_.push_back(std::make_unique<Process>(this, index, id, std::move(name),
                                                 std::move(factory), options_.disk));
  index_by_id_[id.value()] = index;
  if (id.value() < kSmallIds) small_ids_[id.value()] = index;
  network_.OnProcessAdded();
  return *processes_.back();
}

int64_t World::FindIndex(NodeId id) const {
  if (id.value() < kSmallIds) return small_ids_[id.value()];
  const auto found = index_by_id_.find(id.value());
  return found == index_by_id_.end() ? -1 : int64_t{found->second};
}

uint32_t World::index_of(NodeId id) const {
  const int64_t index = FindIndex(id);
  QR_CHECK(index >= 0) << "no process " << id;
  return static_cast<uint32_t>(index);
}

Random& World::random(std::string_view name) {
  auto found = randoms_.find(name);
  if (found == randoms_.end()) {
    found = randoms_.emplace(std::string(name), std::make_unique<Random>(seed_, name)).first;
  }
  return *found->second;
}

uint64_t World::After(Duration delay, Closure fn) {
  return Schedule(std::max(delay, Duration(0)), EventKind::kWorld, Scheduler::kNoOwner, 0,
                  std::move(fn));
}

void World::Fold(EventKind kind, NodeId node, uint64_t digest) {
  FoldIn(kind, node, digest);
  if (observer_ != nullptr) observer_->OnFold(kind, node, digest);
}

void World::NoteScheduled(uint64_t id, EventKind kind, uint32_t owner, int64_t at_ns) {
  const NodeId node = owner == Scheduler::kNoOwner ? NodeId{} : processes_[owner]->id_;
  observer_->OnSchedule(id, kind, node, at_ns);
}

bool World::Step() { return StepBefore(std::numeric_limits<int64_t>::max()); }

bool World::StepBefore(int64_t end_ns) {
  Scheduler::Next next;
  int64_t at_ns;
  while (scheduler_.PeekTime(&at_ns) && at_ns <= end_ns && scheduler_.PopNext(&next)) {
    now_ns_ = next.time_ns;
    NodeId node;
    Process* owner = nullptr;
    if (next.owner != Scheduler::kNoOwner) {
      Process& process = *processes_[next.owner];
      if (process.paused_) {
        process.parked_.push_back(next.slot);
        continue;
      }
      if (process.busy_until_ns_ > now_ns_) {
        scheduler_.Requeue(next.slot, process.busy_until_ns_);
        continue;
      }
      node = process.id_;
      owner = &process;
    }
    const EventRecord record{next.time_ns, next.kind, node, next.digest};
    const uint64_t id = scheduler_.id_of(next.slot);
    Closure fn = scheduler_.Take(next.slot);
    ++events_;
    hash_.Fold(static_cast<uint64_t>(next.time_ns));
    FoldIn(next.kind, node, next.digest);
    if (observer_ != nullptr) observer_->BeforeEvent(record, id);
    current_ = next.owner;
    fn();
    fn = nullptr;
    current_ = Scheduler::kNoOwner;
    for (Hook& hook : hooks_) hook(record);
    // After those who only look: a crash at this event must not hide what it did.
    if (owner != nullptr && owner->hooked_) owner->AfterEvent();
    if (observer_ != nullptr) observer_->AfterEvent(record);
    return true;
  }
  return false;
}

void World::RunUntil(Duration time) {
  stopped_ = false;
  while (!stopped_ && StepBefore(time.count())) {
  }
  if (!stopped_) now_ns_ = std::max(now_ns_, time.count());
}

bool World::RunUntilTrue(absl::AnyInvocable<bool()> condition, Duration limit) {
  const int64_t end = now_ns_ + limit.count();
  stopped_ = false;
  while (!condition()) {
    if (stopped_ || !StepBefore(end)) return false;
  }
  return true;
}

void World::LogLine(Process& process, LogLevel level, std::string_view line) {
  if (observer_ != nullptr) observer_->OnLog(process.id(), level, line);
  const bool print = options_.print_logs && level >= options_.print_level;
  const bool keep = level >= options_.keep_level;
  if (!print && !keep && !on_log_) return;
  char head[64];
  const int length =
      std::snprintf(head, sizeof(head), "%12.6f %-6s %c ", static_cast<double>(now_ns_) / 1e9,
                    process.name().c_str(), "DIWE"[static_cast<int>(level)]);
  std::string text(head, std::min<size_t>(static_cast<size_t>(length), sizeof(head) - 1));
  text.append(line);
  if (print) std::fprintf(stderr, "%s\n", text.c_str());
  if (on_log_) on_log_(text);
  if (!keep) return;
  if (process.log_.size() >= Process::kLogLinesMax) process.log_.pop_front();
  process.log_.push_back(std::move(text));
}

}  // namespace quadraft::sim
