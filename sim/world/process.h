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

  // Its disk has been harmed: what was written and synced is no longer all there. The program may
  // end with DataLoss, and the machine is no longer one of those that must come back.
  void MarkBroken() { broken_ = true; }
  bool broken() const { return broken_; }
  // Never started again: what is left on the disk could not be told from the truth.
  void Retire() { broken_ = retired_ = true; }
  bool retired() const { return retired_; }

  bool running() const { return env_ != nullptr; }
  bool paused() const { return paused_; }
  uint64_t incarnation() const { return incarnation_; }
  // Null unless running and started. T is what the factory made.
  Program* program() const { return program_.get(); }

  SimDisk& disk() { return disk_; }
  ProcessEnv* env() { return env_.get(); }

  // Wall time is world time plus this; monotonic time is not touched. Steps at once.
  void SetWallOffset(Duration offset) { wall_offset_ = offset; }
  Duration wall_offset() const { return wall_offset_; }

  const std::deque<std::string>& log() const { return log_; }

 private:
  friend class World;
  friend class ProcessEnv;
  void CrashNow(CrashKind kind);
  void Note(ProcessChange change);  // To the observer, if any.

  World* world_;
  uint32_t index_;
  NodeId id_;
  std::string name_;
  Factory factory_;
  SimDisk disk_;
  std::unique_ptr<ProcessEnv> env_;  // One per incarnation; destroyed after the program.
  std::unique_ptr<Program> program_;
  uint64_t incarnation_ = 0;
  bool paused_ = false;
  bool broken_ = false, retired_ = false;
  std::vector<uint32_t> parked_;  // Slots of events that came due while paused.
  int64_t busy_until_ns_ = 0;     // A synchronous disk call stalls the loop until then.
  Duration wall_offset_{0};
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

  void Send(NodeId to, Channel channel, std::string payload) override;
  void OnMessage(Channel channel, MessageHandler handler) override;
  StatusOr<std::unique_ptr<Listener>> Listen(std::string_view address,
                                             AcceptHandler on_accept) override;
  void Connect(std::string_view address, ConnectHandler done) override;

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
  Random offload_random_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_PROCESS_H_
