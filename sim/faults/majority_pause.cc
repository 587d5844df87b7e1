// More nodes than the protocol survives stand still at once, and wake up together: every clock that
// a lease could rest on has run out meanwhile.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginMajorityPause(FaultContext& context) {
  std::vector<std::pair<Process*, uint64_t>> paused;
  for (const NodeId node : context.Majority()) {
    Process& process = context.world->process(node);
    if (!process.running() || process.paused()) continue;
    process.Pause();
    paused.emplace_back(&process, process.incarnation());
  }
  if (paused.empty()) return nullptr;
  return [paused = std::move(paused), effects = context.effects] {
    for (const auto& [process, incarnation] : paused) {
      if (process->incarnation() != incarnation) continue;
      *effects += process->parked_events();
      process->Resume();
    }
  };
}

}  // namespace quadraft::sim
