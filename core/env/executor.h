// The one event loop of a node: all node logic runs on it, one closure at a time.
//
//   TimerId t = executor.RunAfter(milliseconds(100), [this] { Tick(); });
//   executor.Cancel(t);
//
// Closures posted from the loop run in the order of posting, after the current one returns. Timers due at the same instant
// run in the order in which they were set. A closure may post, set and cancel freely. Only Post may be called from an
// Offload worker.
#ifndef QUADRAFT_CORE_ENV_EXECUTOR_H_
#define QUADRAFT_CORE_ENV_EXECUTOR_H_

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/base/task.h"
#include "core/env/time.h"

namespace quadraft {

using Closure = absl::AnyInvocable<void()>;
using TimerId = StrongId<struct TimerIdTag>;  // Never reused within a process; zero is no timer.

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `fn` on the loop, soon. Bounded only by memory: callers bound what they post.
  virtual void Post(Closure fn) = 0;

  // Runs `fn` on the loop once, not before `delay` has passed (negative counts as zero). Late when the loop is busy.
  virtual TimerId RunAfter(Duration delay, Closure fn) = 0;

  // True: the timer's closure will not run and is destroyed. False: it ran, is running, or never was.
  virtual bool Cancel(TimerId timer) = 0;

  // Runs `work` off the loop (production: a pool of worker threads; simulator: a scheduled event), then `done` on the loop.
  // `work` may touch only what nothing else touches until `done`, immutable snapshots, and thread-safe objects. Work that is
  // still running at shutdown is waited for; its `done` is then dropped.
  virtual void Offload(Closure work, Closure done) = 0;
};

// co_await Sleep(executor, milliseconds(5));
inline Task<void> Sleep(Executor& executor, Duration delay) {
  co_await Callback<bool>([&](auto done) {
    executor.RunAfter(delay, [done = std::move(done)]() mutable { done(true); });
  });
}

// Closure work = [state] { heavy(*state); };
// co_await RunOffloaded(executor, std::move(work));   // A named closure: GCC 12 destroys a capturing lambda that is written
//                                                     // inside a co_await expression twice.
inline Task<void> RunOffloaded(Executor& executor, Closure work) {
  co_await Callback<bool>([&](auto done) {
    executor.Offload(std::move(work), [done = std::move(done)]() mutable { done(true); });
  });
}

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_EXECUTOR_H_
