// What an event of a simulated run is: the unit that is counted, hashed, traced and shown to
// checkers.
#ifndef QUADRAFT_SIM_WORLD_EVENT_H_
#define QUADRAFT_SIM_WORLD_EVENT_H_

#include <cstdint>
#include <string_view>

#include "core/base/ids.h"

namespace quadraft::sim {

enum class EventKind : uint8_t {
  kWorld = 0,    // Of the run itself: a fault starts, a workload steps.
  kStart = 1,    // A process begins: its factory runs.
  kCrash = 2,    // A process died (folded, not scheduled).
  kPost = 3,     // Executor::Post.
  kTimer = 4,    // Executor::RunAfter.
  kOffload = 5,  // Off-loop work, or its completion.
  kMessage = 6,  // A message arrives.
  kStream = 7,   // Bytes, an end or a drain of a stream; a connection is accepted or answered.
  kDisk = 8,     // A sync completes; also folded for each write.
};

inline constexpr int kEventKinds = 9;

inline std::string_view EventKindName(EventKind kind) {
  static constexpr std::string_view kNames[] = {"world",   "start",   "crash",  "post", "timer",
                                                "offload", "message", "stream", "disk"};
  return kNames[static_cast<int>(kind)];
}

struct EventRecord {
  int64_t time_ns = 0;
  EventKind kind = EventKind::kWorld;
  NodeId node;  // Zero: the world itself.
  uint64_t digest =
      0;  // Of what the event carries (message bytes, stream bytes); zero when nothing.
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_EVENT_H_
