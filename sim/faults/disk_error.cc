// One operation soon fails with an I/O error on one node. The node must stop itself; its supervisor
// starts it again.
#include <iterator>

#include "sim/faults/fault.h"

namespace quadraft::sim {

Closure BeginDiskError(FaultContext& context) {
  SimDisk& disk = context.world->process(context.AnyNode()).disk();
  static constexpr uint32_t kKinds[] = {kDiskAppend, kDiskSync, kDiskAppend | kDiskSync, kDiskName,
                                        kDiskAny};
  if (disk.nth_pending()) return nullptr;
  const uint32_t kind = kKinds[context.random->Below(std::size(kKinds))];
  disk.FailNth(kind, 1 + context.random->Below(20));
  return [&context, &disk] {
    if (!disk.nth_pending()) context.took_effect();
    disk.FailNth(0, 0);
  };
}

}  // namespace quadraft::sim
