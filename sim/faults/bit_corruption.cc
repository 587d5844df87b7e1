// Some bits of 0.1 to 10 percent of the messages between nodes are flipped. The check of the
// frames (core/proto/frame.h) must refuse every one of them; the connection ends with it.
#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginBitCorruption(FaultContext& context) {
  SimNetwork& network = context.world->network();
  const uint32_t ppm = static_cast<uint32_t>(context.random->Between(1'000, 100'000));
  const uint64_t id = network.AddConditions({.corrupt_ppm = ppm});
  return [&network, id, before = network.counters().corrupted, effects = context.effects] {
    network.RemoveConditions(id);
    *effects += network.counters().corrupted - before;
  };
}

}  // namespace quadraft::sim
