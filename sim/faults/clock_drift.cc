// The clock of one node, monotonic time and timers included, runs 1 to 30 percent too fast or too
// slow. Nothing but speed may rest on it. Where nodes rest on a bound, all clocks go astray, each by
// half of the bound at least.
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

struct Astray {
  Process* process;
  Duration apart;
};

Closure Drift(FaultContext& context, const std::vector<NodeId>& nodes, int64_t least, int64_t most) {
  std::vector<Astray> astray;
  for (const NodeId node : nodes) {
    Process& process = context.world->process(node);
    if (process.clock_rate() != 0) continue;
    const int64_t ppm = context.random->Between(least, most);
    process.SetClockRate(context.random->OneIn(2) ? ppm : -ppm);
    astray.push_back({&process, process.local_time() - context.world->now()});
  }
  if (astray.empty()) return nullptr;
  return [&context, astray] {
    for (const auto& [process, apart] : astray) {
      // It ran, by a clock that went astray.
      if (process->running() && process->local_time() - context.world->now() != apart) {
        ++*context.effects;
      }
      process->SetClockRate(0);
    }
  };
}

}  // namespace

Closure BeginClockDrift(FaultContext& context) {
  constexpr int64_t kRoundingPpm = 10;  // Of the simulated clock, which counts whole nanoseconds.
  const int64_t bound = context.clock_drift_ppm_max - kRoundingPpm;
  if (bound > 0) return Drift(context, context.nodes, bound / 2, bound);
  return Drift(context, {context.LeaderOrAny()}, 10'000, 300'000);
}

}  // namespace quadraft::sim
