// An Env for the tests of store/: a clock that only RunUntilIdle moves, an executor that the test
// drives, a MemoryDisk.
//
//   MemoryEnv env(seed);
//   log->Sync([&](Status s) { synced = s.ok(); });
//   env.RunUntilIdle();
#ifndef QUADRAFT_STORE_TESTING_MEMORY_ENV_H_
#define QUADRAFT_STORE_TESTING_MEMORY_ENV_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/env/env.h"
#include "store/testing/memory_disk.h"

namespace quadraft::store {

class MemoryEnv : public Env, private Clock, private Executor, private Network {
 public:
  explicit MemoryEnv(uint64_t seed = 1) : seed_(seed), disk_(*this) {}

  bool RunOne();  // The next closure or timer; false when there is none.
  void RunUntilIdle() {
    while (RunOne()) {
    }
  }
  void DropEvents();  // The process is gone: nothing that it posted runs.
  // The machine loses power: events are dropped and the disk crashes.
  void Crash(Random& random) { DropEvents(), disk_.Crash(random); }

  MemoryDisk& memory_disk() { return disk_; }
  const std::vector<std::string>& lines() const { return lines_; }

  Clock& clock() override { return *this; }
  Executor& executor() override { return *this; }
  Network& network() override { return *this; }
  Disk& disk() override { return disk_; }
  Random& random(std::string_view name) override;
  void Log(LogLevel level, std::string_view line) override;

 private:
  MonotonicTime Now() const override { return now_; }
  WallTime WallNow() const override { return WallTime{now_.time_since_epoch().count() / 1000}; }

  void Post(Closure fn) override { ready_.push_back(std::move(fn)); }
  TimerId RunAfter(Duration delay, Closure fn) override;
  bool Cancel(TimerId timer) override;
  void Offload(Closure work, Closure done) override;

  // No one is there.
  void SetAddress(NodeId, std::string_view) override {}
  void Send(NodeId, Channel, std::string) override {}
  void OnMessage(Channel, MessageHandler) override {}
  StatusOr<std::unique_ptr<Listener>> Listen(std::string_view, AcceptHandler) override;
  void Connect(std::string_view, ConnectHandler done) override;

  uint64_t seed_;
  MonotonicTime now_{};
  uint64_t next_timer_ = 1;
  std::deque<Closure> ready_;
  std::map<std::pair<MonotonicTime, uint64_t>, Closure> timers_;
  std::map<std::string, Random, std::less<>> randoms_;
  std::vector<std::string> lines_;
  MemoryDisk disk_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_TESTING_MEMORY_ENV_H_
