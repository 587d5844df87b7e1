// What a recorded run is written to: an HTML timeline, a trace for Perfetto.
//
//   Recorder recorder;  ...  QR_RETURN_IF_ERROR(WriteRecording(recorder.recording(), options,
//   report,
//   {.html = "run.html"}));
#ifndef QUADRAFT_TOOLS_SIM_SEE_H_
#define QUADRAFT_TOOLS_SIM_SEE_H_

#include <string>

#include "core/base/status.h"
#include "sim/explore/run.h"
#include "sim/trace/recorder.h"

namespace quadraft::sim {

struct SeeFiles {
  std::string html;      // Empty: not wanted.
  std::string perfetto;  // The same.
  std::string command;   // That does the run again; empty: ReplayCommand of its options.
  bool any() const { return !html.empty() || !perfetto.empty(); }
};

// Unavailable: a file cannot be written.
Status WriteRecording(const Recording& recording, const RunOptions& options,
                      const RunReport& report, const SeeFiles& files);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_SEE_H_
