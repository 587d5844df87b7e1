// A whole simulated world: one thread, one queue of events, virtual time, any number of processes.
// Everything that happens is a function of the seed: the same seed gives the same events, bytes and
// hash on every run, build and machine.
//
//   World world(/*seed=*/42);
//   Process& p = world.AddProcess(NodeId{1}, "n1", [](Env& env) { return
//   std::make_unique<Server>(env); }); p.Start(); world.RunFor(seconds(10)); printf("%s\n",
//   world.hash().ToHex().c_str());
//
// Order: by time, then by the order of scheduling. An event takes no virtual time, except that a
// synchronous disk call stalls its process's loop: what comes due meanwhile runs after it.
#ifndef QUADRAFT_SIM_WORLD_WORLD_H_
#define QUADRAFT_SIM_WORLD_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "sim/world/event.h"
#include "sim/world/network.h"
#include "sim/world/observer.h"
#include "sim/world/process.h"
#include "sim/world/scheduler.h"

namespace quadraft::sim {

struct WorldOptions {
  NetworkOptions network;
  SimDiskOptions disk;      // Of each process.
  bool print_logs = false;  // To stderr, with virtual time, from print_level on.
  LogLevel print_level = LogLevel::kInfo;
  LogLevel keep_level = LogLevel::kInfo;  // Process::log() keeps from here on.
};

class World {
 public:
  explicit World(uint64_t seed, WorldOptions options = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Not started yet. Ids are unique, names too.
  Process& AddProcess(NodeId id, std::string name, Process::Factory factory);
  Process& process(NodeId id) { return *processes_[index_of(id)]; }
  size_t process_count() const { return processes_.size(); }
  Process& process_at(uint32_t index) { return *processes_[index]; }
  uint32_t index_of(NodeId id) const;  // Must exist.
  int64_t FindIndex(NodeId id) const;  // -1: none.

  SimNetwork& network() { return network_; }
  Random& random(std::string_view name);  // The world's own, by name.
  uint64_t seed() const { return seed_; }

  int64_t now_ns() const { return now_ns_; }
  Duration now() const { return Duration(now_ns_); }  // Since the start of the run.
  uint64_t events() const { return events_; }
  Hash128 hash() const { return hash_.value(); }

  // An event of the world itself: not stopped by any crash or pause.
  uint64_t After(Duration delay, Closure fn);

  // Runs the next event. False: there is none.
  bool Step();
  void RunUntil(Duration time);
  void RunFor(Duration duration) { RunUntil(now() + duration); }
  // Runs until `condition` holds (asked after each event); false when `limit` has passed first.
  bool RunUntilTrue(absl::AnyInvocable<bool()> condition, Duration limit);
  // Ends the current RunUntil after the current event.
  void Stop() { stopped_ = true; }

  // After each event, in the order of adding. They look, they do not touch.
  using Hook = absl::AnyInvocable<void(const EventRecord&)>;
  void AddHook(Hook hook) { hooks_.push_back(std::move(hook)); }
  // Each log line of each process that is kept or printed (world time prefix included).
  void OnLog(absl::AnyInvocable<void(std::string_view line)> fn) { on_log_ = std::move(fn); }

  // Null: nobody watches (observer.h). Not owned.
  void set_observer(Observer* observer) { observer_ = observer; }
  Observer* observer() const { return observer_; }

  // Folds something that is not an event of the queue into the run hash (a write, a crash, a
  // client's outcome).
  void Fold(EventKind kind, NodeId node, uint64_t digest);

  // --- For the parts of sim/world ---
  template <typename Fn>
  uint64_t Schedule(Duration delay, EventKind kind, uint32_t owner, uint64_t digest, Fn&& fn) {
    const uint64_t id =
        scheduler_.Add(now_ns_ + delay.count(), kind, owner, digest, Closure(std::forward<Fn>(fn)));
    if (observer_ != nullptr) NoteScheduled(id, kind, owner, now_ns_ + delay.count());
    return id;
  }
  bool CancelEvent(uint64_t id) { return scheduler_.Cancel(id); }
  uint32_t current_index() const {
    return current_;
  }  // Of the process whose event runs; kNoOwner: the world's.
  std::vector<Closure> KillOwned(uint32_t owner) { return scheduler_.KillOwned(owner); }
  template <typename Fn>
  void MoveEvents(uint32_t owner, EventKind kind, Fn&& new_time) {
    scheduler_.MoveOwned(owner, kind, std::forward<Fn>(new_time));
  }
  void RequeueSlot(uint32_t slot, int64_t time_ns) { scheduler_.Requeue(slot, time_ns); }
  void ReleaseSlot(uint32_t slot) {
    scheduler_.Requeue(slot, now_ns_);
  }  // Dead already: only frees it.
  void Bury(std::shared_ptr<void> thing) { graves_.push_back(std::move(thing)); }
  void ClearGraves() { graves_.clear(); }
  void LogLine(Process& process, LogLevel level, std::string_view line);

 private:
  bool StepBefore(int64_t end_ns);
  void FoldIn(EventKind kind, NodeId node, uint64_t digest) {
    hash_.Fold(node.value() << 8 | static_cast<uint64_t>(kind));
    hash_.Fold(digest);
  }
  void NoteScheduled(uint64_t id, EventKind kind, uint32_t owner, int64_t at_ns);

  uint64_t seed_;
  WorldOptions options_;
  int64_t now_ns_ = 0;
  uint64_t events_ = 0;
  RunHash hash_;
  Scheduler scheduler_;
  SimNetwork network_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::map<uint64_t, uint32_t> index_by_id_;
  std::vector<int64_t> small_ids_;  // The same for ids below its size.
  std::map<std::string, std::unique_ptr<Random>, std::less<>> randoms_;
  std::vector<Hook> hooks_;
  std::vector<std::shared_ptr<void>> graves_;  // Callbacks of a crashed process, until it is gone.
  absl::AnyInvocable<void(std::string_view)> on_log_;
  Observer* observer_ = nullptr;
  uint32_t current_ = Scheduler::kNoOwner;
  bool stopped_ = false;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_WORLD_H_
