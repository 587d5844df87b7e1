// The production Executor: one thread around epoll, timers, posted closures and a pool of workers for Offload.
//
//   EventLoop loop({.offload_threads = 1});
//   loop.Post([&] { ... });  loop.Run();  // until Stop(), which any thread or signal handler may call.
//
// Each round: wait for descriptors (not longer than until the next timer), serve them, run due timers, run what was posted.
// Only Post and Stop are safe from other threads.
#ifndef QUADRAFT_NET_ENV_EVENT_LOOP_H_
#define QUADRAFT_NET_ENV_EVENT_LOOP_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/env/executor.h"
#include "net/env/fd.h"
#include "net/env/worker_pool.h"

namespace quadraft::net {

class SystemClock : public Clock {
 public:
  MonotonicTime Now() const override;
  WallTime WallNow() const override;
};

class EventLoop : public Executor {
 public:
  // Interest in one descriptor; level-triggered. Owned by who watches; destroying it ends the interest, and `ready` is not
  // called any more, even when the event had been fetched already.
  class Watch {
   public:
    virtual ~Watch() = default;
    virtual void SetEvents(uint32_t epoll_events) = 0;  // 0: EPOLLERR and EPOLLHUP are silent, too.
  };

  explicit EventLoop(int offload_threads);
  ~EventLoop() override;

  void Post(Closure fn) override;
  TimerId RunAfter(Duration delay, Closure fn) override;
  bool Cancel(TimerId timer) override;
  void Offload(Closure work, Closure done) override;

  using Ready = absl::AnyInvocable<void(uint32_t epoll_events)>;
  std::unique_ptr<Watch> WatchFd(int fd, uint32_t epoll_events, Ready ready);

  void Run();
  // One round that waits at most `max_wait` for something to do. For tests and tools that have a loop of their own.
  void RunOnce(Duration max_wait);
  void Stop();  // Signal-safe.
  bool stopped() const { return stop_.load(std::memory_order_relaxed); }

  // No worker runs any more, no closure is kept, none is taken from here on. What they own is destroyed inside.
  void Shutdown();

  Clock& clock() { return clock_; }

 private:
  struct Registration;
  class WatchImpl;
  struct HeapItem {
    MonotonicTime due;
    uint64_t id;  // Also the order of setting.
    bool operator>(const HeapItem& other) const {
      return std::pair(due, id) > std::pair(other.due, other.id);
    }
  };

  int WaitMs(Duration max_wait);
  void RunTimers();
  void RunPosted();
  void CompactTimers();
  void Wake();

  SystemClock clock_;
  Fd epoll_;
  Fd wake_;
  std::atomic<bool> stop_{false};

  std::mutex mutex_;
  std::vector<Closure> posted_;  // Under mutex_.
  bool waiting_ = false;         // Under mutex_: the loop may sleep, Post must wake it.
  bool ended_ = false;           // Under mutex_.

  std::vector<HeapItem> heap_;  // A min-heap; cancelled items stay until they surface or are compacted away.
  absl::flat_hash_map<uint64_t, Closure> timers_;
  uint64_t last_timer_ = 0;

  std::vector<std::unique_ptr<Registration>> dead_registrations_;  // Until the fetched events are served.
  WorkerPool workers_;
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_EVENT_LOOP_H_
