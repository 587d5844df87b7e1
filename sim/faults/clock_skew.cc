// The wall clocks of all nodes differ by up to an hour. An effect: some program read its own.
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginClockSkew(FaultContext& context) {
  struct Skewed {
    Process* process;
    Duration by;
    uint64_t reads_before;
  };
  std::vector<Skewed> skewed;
  for (const NodeId node : context.nodes) {
    Process& process = context.world->process(node);
    const Duration by = milliseconds(context.random->Between(-3'600'000, 3'600'000));
    process.SetWallOffset(process.wall_offset() + by);
    skewed.push_back({&process, by, process.wall_reads()});
  }
  return [skewed, effects = context.effects] {
    for (const Skewed& one : skewed) {
      one.process->SetWallOffset(one.process->wall_offset() - one.by);
      *effects += one.process->wall_reads() - one.reads_before;
    }
  };
}

}  // namespace quadraft::sim
