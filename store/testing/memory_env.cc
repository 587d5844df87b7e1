#include "store/testing/memory_env.h"

#include <algorithm>

namespace quadraft::store {

bool MemoryEnv::RunOne() {
  Closure fn;
  if (!ready_.empty()) {
    fn = std::move(ready_.front());
    ready_.pop_front();
  } else if (!timers_.empty()) {
    const auto it = timers_.begin();
    now_ = std::max(now_, it->first.first);
    fn = std::move(it->second);
    timers_.erase(it);
  } else {
    return false;
  }
  fn();
  return true;
}

void MemoryEnv::DropEvents() {
  ready_.clear();
  timers_.clear();
}

Random& MemoryEnv::random(std::string_view name) {
  return randoms_.try_emplace(std::string(name), seed_, name).first->second;
}

void MemoryEnv::Log(LogLevel level, std::string_view line) {
  if (level != LogLevel::kDebug) lines_.emplace_back(line);
}

TimerId MemoryEnv::RunAfter(Duration delay, Closure fn) {
  const uint64_t id = next_timer_++;
  timers_.emplace(std::pair(now_ + std::max(delay, Duration(0)), id), std::move(fn));
  return TimerId(id);
}

bool MemoryEnv::Cancel(TimerId timer) {
  for (auto it = timers_.begin(); it != timers_.end(); ++it) {
    if (it->first.second == timer.value()) {
      timers_.erase(it);
      return true;
    }
  }
  return false;
}

void MemoryEnv::Offload(Closure work, Closure done) {
  Post([work = std::move(work), done = std::move(done)]() mutable {
    work();
    done();
  });
}

StatusOr<std::unique_ptr<Listener>> MemoryEnv::Listen(std::string_view address, AcceptHandler) {
  return InvalidArgument("no such address ", address);
}

void MemoryEnv::Connect(std::string_view address, ConnectHandler done) {
  Post([address = std::string(address), done = std::move(done)]() mutable {
    done(Unavailable("no one listens at ", address));
  });
}

}  // namespace quadraft::store
