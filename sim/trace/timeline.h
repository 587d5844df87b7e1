// A recording as one self-contained HTML page: a lane per process with roles, terms and commit
// indexes, messages as arrows, faults and cuts as bands, operations as bars, the violation marked,
// a scrubber, search. No network, no other file: it can be mailed. The page itself is
// sim/trace/page/; here its data is written, as columns of numbers, so that 100,000 events stay
// small.
//
//   WriteTimeline(recorder.recording(), {.title = "seed 7", .command = ReplayCommand(options)},
//   &file);
#ifndef QUADRAFT_SIM_TRACE_TIMELINE_H_
#define QUADRAFT_SIM_TRACE_TIMELINE_H_

#include <ostream>
#include <string>

#include "sim/trace/recording.h"

namespace quadraft::sim {

// What a page or trace says of the run as a whole.
struct RunAbout {
  std::string title;
  std::string command;      // Makes this run again.
  std::string description;  // What was drawn.
  std::string hash;
};

void WriteTimeline(const Recording& recording, const RunAbout& about, std::ostream* out);

// The data alone: one JSON object.
std::string TimelineJson(const Recording& recording, const RunAbout& about);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_TRACE_TIMELINE_H_
