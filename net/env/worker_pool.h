// Threads that run closures in the order of giving, each on whichever thread is free. Bounded only by memory: callers of
// Executor::Offload bound what they give.
#ifndef QUADRAFT_NET_ENV_WORKER_POOL_H_
#define QUADRAFT_NET_ENV_WORKER_POOL_H_

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/env/executor.h"

namespace quadraft::net {

class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();  // As Stop.

  void Run(Closure work);  // Thread-safe. Dropped after Stop.
  void Stop();             // Waits for what runs; what has not begun is destroyed unrun.

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Closure> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace quadraft::net

#endif  // QUADRAFT_NET_ENV_WORKER_POOL_H_
