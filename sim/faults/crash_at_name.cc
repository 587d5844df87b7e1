// A node loses power in the middle of an event, at one of its next operations on names: between two
// steps that no event separates. Of what was not synced anything may survive.
#include "sim/faults/disk_harm.h"

namespace quadraft::sim {

Closure BeginCrashAtName(FaultContext& context) {
  return CutPowerAtName(context, CrashStyle::kAny, 0);
}

}  // namespace quadraft::sim
