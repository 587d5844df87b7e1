// The plain-text trace of a run: one line per event (time, kind, node, digest) and the kept log
// lines between them, so that two runs can be compared by diff.
#ifndef QUADRAFT_SIM_TRACE_TRACE_H_
#define QUADRAFT_SIM_TRACE_TRACE_H_

#include <ostream>

#include "sim/world/world.h"

namespace quadraft::sim {

// Neither is owned; both must outlive the run.
void TraceTo(std::ostream* out, World* world);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_TRACE_H_
