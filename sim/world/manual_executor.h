// An Executor and Clock for unit tests of one component: nothing runs until the test says so.
//
//   ManualExecutor executor;
//   SimDisk disk(/*seed=*/1, &executor);
//   file->Sync(...);
//   executor.RunUntilIdle();            // Or Advance(milliseconds(5)).
#ifndef QUADRAFT_SIM_WORLD_MANUAL_EXECUTOR_H_
#define QUADRAFT_SIM_WORLD_MANUAL_EXECUTOR_H_

#include "core/env/executor.h"
#include "core/env/time.h"
#include "sim/world/scheduler.h"

namespace quadraft::sim {

class ManualExecutor : public Executor, public Clock {
 public:
  void Post(Closure fn) override;
  TimerId RunAfter(Duration delay, Closure fn) override;
  bool Cancel(TimerId timer) override { return scheduler_.Cancel(timer.value()); }
  void Offload(Closure work, Closure done) override;
  MonotonicTime Now() const override { return MonotonicTime(Duration(now_ns_)); }
  WallTime WallNow() const override { return {1'750'000'000'000'000 + now_ns_ / 1000}; }

  bool RunOne();                    // The next closure, moving time to it. False: none.
  void Advance(Duration duration);  // Runs what comes due meanwhile.
  // Runs everything, at most `steps_max` closures (periodic timers never end). False: that bound
  // was hit.
  bool RunUntilIdle(int steps_max = 100'000);

 private:
  int64_t now_ns_ = 0;
  Scheduler scheduler_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_MANUAL_EXECUTOR_H_
