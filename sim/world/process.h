// One simulated machine with one program on it: its own Env, disk, clock and fate.
//
//   Process& p = world.AddProcess(NodeId{1}, "n1", [](Env& env) { return
//   std::make_unique<MyServer>(env); }); p.Start();  ...  p.Crash();  ...  p.Start();   // Each
//   start runs the factory again, on what the disk still holds.
//
// A crash takes effect at once, between two events: the program is destroyed, and nothing of it
// runs any more: not its timers, posts, off-loop work, callbacks of syncs, messages on their way to
// it, nor anything its destructors start. Asked for from inside one of its own events it happens
// right after that event.
#ifndef QUADRAFT_SIM_WORLD_PROCESS_H_
#define QUADRAFT_SIM_WORLD_PROCESS_H_

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/env/env.h"
#include "sim/world/disk.h"
#include "sim/world/observer.h"

namespace quadraft::sim {

class World;
class ProcessEnv;

// Whatever runs on a process; destroyed at a crash.
class Program {
 public:
  virtual ~Program() = default;
};

// A Program that is nothing but a T, built from (Env&, args...).
template <typename T>
class ProgramOf : public Program {
 public:
  template <typename... Args>
  explicit ProgramOf(Args&&... args) : value(std::forward<Args>(args)...) {}
  T value;
};

enum class CrashKind : uint8_t {
  kPower,  // The machine lost power: the disk loses what was not synced.
  kKill,   // kill -9: the operating system keeps every written byte.
};

class Process {
 public:
  using Factory = absl::AnyInvocable<std::unique_ptr<Program>(Env&)>;
  static constexpr size_t kLogLinesMax =
      2000;  // Kept for the report of a failed run; oldest go first.

  Process(World* world, uint32_t index, NodeId id, std::string name, Factory factory,
          SimDiskOptions disk);
  ~Process();

  NodeId id() const { return id_; }
  const std::string& name() const { return name_; }

  // Starts the program in an event of its own, now. Nothing when it runs already.
  void Start();
  void StartAfter(Duration delay);
  void Crash(CrashKind kind = CrashKind::kPower);
  // Stopped as by SIGSTOP: its events wait; time and the rest of the world go on.
  void Pause();
  void Resume();

  // Where it listens for messages, for who wants to send it some. Empty: everybody reaches it, and nobody needs to know.
  // May change while it is down: the others reach it again once they are told (Network::SetAddress), or hear from it.
  void set_peer_address(std::string address) { peer_address_ = std::move(address); }
  const std::string& peer_address() const { return peer_address_; }

  // Its disk has been harmed: what was written and synced is no longer all there. The program may
  // end with DataLoss, and the machine is no longer one of those that must come back.
  void MarkBroken() { broken_ = true; }
  bool broken() const { return broken_; }
  // All on its disk is gone, and what it had promised. Started again it is somebody else.
  void LoseDisk() { disk_.Wipe(), lost_disk_ = broken_ = true; }
  bool lost_disk() const { return lost_disk_; }
  // Never started again: what is left on the disk could not be told from the truth.
  void Retire() { broken_ = retired_ = true; }
  bool retired() const { return retired_; }

  bool running() const { return env_ != nullptr; }
  bool paused() const { return paused_; }
  size_t parked_events() const { return parked_.size(); }  // Came due since Pause.
  uint64_t incarnation() const { return incarnation_; }
  // Null unless running and started. T is what the factory made.
  Program* program() const { return program_.get(); }

  SimDisk& disk() { return disk_; }
  ProcessEnv* env() { return env_.get(); }

  // Its monotonic clock, timers included, runs so much faster (a millionth each) than the world's
  // from now on; wall time goes with it. Above kClockStands; that one stands all but still.
  static constexpr int64_t kClockStands = -999'999;
  void SetClockRate(int64_t ppm);
  int64_t clock_rate() const { return clock_rate_ppm_; }
  // What its own clock has counted since the world began.
  Duration local_time() const { return Duration(LocalTime(world_now_ns())); }

  // Every event of the program takes this long.
  void SetEventCost(Duration cost) { event_cost_ns_ = cost.count(), UpdateHooked(); }
  Duration event_cost() const { return Duration(event_cost_ns_); }
  // Calls `fn` after each event of the program, when nothing of it runs: it may crash the process.
  uint64_t Watch(std::function<void()> fn);
  void Unwatch(uint64_t id);

  // Wall time is local time plus this; monotonic time is not touched. Steps at once.
  void SetWallOffset(Duration offset) { wall_offset_ = offset; }
  Duration wall_offset() const { return wall_offset_; }
  uint64_t wall_reads() const { return wall_reads_; }  // How often the program asked for it.

  const std::deque<std::string>& log() const { return log_; }

 private:
  friend class World;
  friend class ProcessEnv;
  void CrashNow(CrashKind kind);
  void Note(ProcessChange change);  // To the observer, if any.
  void UpdateHooked() { hooked_ = event_cost_ns_ > 0 || !watchers_.empty(); }
  void AfterEvent();  // While hooked.
  int64_t world_now_ns() const;
  int64_t LocalTime(int64_t world_ns) const;
  int64_t WorldDelay(int64_t local_delay_ns) const;

  World* world_;
  uint32_t index_;
  NodeId id_;
  std::string name_;
  std::string peer_address_;
  Factory factory_;
  SimDisk disk_;
  std::unique_ptr<ProcessEnv> env_;  // One per incarnation; destroyed after the program.
  std::unique_ptr<Program> program_;
  uint64_t incarnation_ = 0;
  bool paused_ = false;
  bool broken_ = false, retired_ = false, lost_disk_ = false;
  std::vector<uint32_t> parked_;  // Slots of events that came due while paused.
  int64_t busy_until_ns_ = 0;     // A synchronous disk call stalls the loop until then.
  Duration wall_offset_{0};
  uint64_t wall_reads_ = 0;
  // Local time is clock_local_ns_ plus what has passed since clock_world_ns_ at the present rate.
  int64_t clock_rate_ppm_ = 0;
  int64_t clock_world_ns_ = 0, clock_local_ns_ = 0;
  bool hooked_ = false;  // Something is to be done after each event.
  int64_t event_cost_ns_ = 0;
  std::map<uint64_t, std::function<void()>> watchers_;
  uint64_t next_watcher_ = 1;
  std::deque<std::string> log_;
};

// The Env of one incarnation of a process.
class ProcessEnv : public Env, public Clock, public Executor, public Network {
 public:
  ProcessEnv(World* world, Process* process, uint64_t incarnation);

  Clock& clock() override { return *this; }
  Executor& executor() override { return *this; }
  Network& network() override { return *this; }
  Disk& disk() override { return process_->disk_; }
  Random& random(std::string_view name) override;
  void Log(LogLevel level, std::string_view line) override;

  MonotonicTime Now() const override;
  WallTime WallNow() const override;

  void Post(Closure fn) override;
  TimerId RunAfter(Duration delay, Closure fn) override;
  bool Cancel(TimerId timer) override;
  void Offload(Closure work, Closure done) override;

  void SetAddress(NodeId node, std::string_view address) override;
  void Send(NodeId to, Channel channel, std::string payload) override;
  void OnMessage(Channel channel, MessageHandler handler) override;
  StatusOr<std::unique_ptr<Listener>> Listen(std::string_view address,
                                             AcceptHandler on_accept) override;
  void Connect(std::string_view address, ConnectHandler done) override;

  bool Knows(const Process& peer) const;

  // From the simulated network.
  void HandleMessage(NodeId from, Channel channel, std::string_view payload);
  // The program is being destroyed: from here on every call does nothing.
  void Kill() { alive_ = false; }

 private:
  World* world_;
  Process* process_;
  bool alive_ = true;
  uint64_t seed_;
  Duration boot_;  // Monotonic time starts anywhere.
  std::map<std::string, std::unique_ptr<Random>, std::less<>> randoms_;
  std::array<std::shared_ptr<MessageHandler>, kChannelCount> handlers_;
  std::map<NodeId, std::string> addresses_;  // Of the others, as far as this life was told.
  Random offload_random_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_PROCESS_H_
