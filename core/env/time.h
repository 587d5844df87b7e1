// Time as a node sees it. Monotonic time counts from an arbitrary start and never steps back within one process; wall time
// may step and drift. In the simulator the two drift apart. Units are in the type: std::chrono durations, nanosecond ticks.
#ifndef QUADRAFT_CORE_ENV_TIME_H_
#define QUADRAFT_CORE_ENV_TIME_H_

#include <chrono>
#include <cstdint>

namespace quadraft {

using Duration = std::chrono::nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct MonotonicEpoch {
  using rep = int64_t;
  using period = std::nano;
  using duration = Duration;
  static constexpr bool is_steady = true;
};
using MonotonicTime = std::chrono::time_point<MonotonicEpoch>;

// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct WallTime {
  int64_t unix_us = 0;
  friend constexpr auto operator<=>(const WallTime&, const WallTime&) = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  // Both may be called from an Offload worker too.
  virtual MonotonicTime Now() const = 0;
  virtual WallTime WallNow() const = 0;
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_TIME_H_
