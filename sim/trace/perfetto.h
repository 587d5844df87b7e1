// A recording as a trace for ui.perfetto.dev or chrome://tracing: the Trace Event Format's JSON. A
// process per node with tracks for its role, its messages, its life (down, paused) and its
// operations; flows tie a message's sending to its arrival; counters for term and commit index;
// faults, cuts and phases on a process of their own.
//
//   WritePerfetto(recorder.recording(), {.title = "seed 7"}, &file);
#ifndef QUADRAFT_SIM_TRACE_PERFETTO_H_
#define QUADRAFT_SIM_TRACE_PERFETTO_H_

#include <ostream>

#include "sim/trace/recording.h"
#include "sim/trace/timeline.h"

namespace quadraft::sim {

void WritePerfetto(const Recording& recording, const RunAbout& about, std::ostream* out);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_PERFETTO_H_
