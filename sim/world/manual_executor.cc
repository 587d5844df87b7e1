#include "sim/world/manual_executor.h"

#include <algorithm>
#include <utility>

namespace quadraft::sim {

void ManualExecutor::Post(Closure fn) { RunAfter(Duration(0), std::move(fn)); }

TimerId ManualExecutor::RunAfter(Duration delay, Closure fn) {
  const int64_t at = now_ns_ + std::max<int64_t>(0, delay.count());
  return TimerId(scheduler_.Add(at, EventKind::kTimer, Scheduler::kNoOwner, 0, std::move(fn)));
}

void ManualExecutor::Offload(Closure work, Closure done) {
  Post([this, work = std::move(work), done = std::move(done)]() mutable {
    work();
    Post(std::move(done));
  });
}

bool ManualExecutor::RunOne() {
  Scheduler::Next next;
  if (!scheduler_.PopNext(&next)) return false;
  now_ns_ = std::max(now_ns_, next.time_ns);
  scheduler_.Take(next.slot)();
  return true;
}

void ManualExecutor::Advance(Duration duration) {
  const int64_t end = now_ns_ + duration.count();
  int64_t at;
  while (scheduler_.PeekTime(&at) && at <= end) RunOne();
  now_ns_ = end;
}

bool ManualExecutor::RunUntilIdle(int steps_max) {
  while (steps_max-- > 0) {
    if (!RunOne()) return true;
  }
  int64_t at;
  return !scheduler_.PeekTime(&at);
}

}  // namespace quadraft::sim
