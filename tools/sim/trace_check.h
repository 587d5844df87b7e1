// A run and the trace of its Raft, judged by jepsen/raft_trace as the run goes on.
//
//   TraceVerdict verdict = RunAndCheckTrace({.scenario = "log", .seed = 7});
//   if (!verdict.trace.ok()) ...
#ifndef QUADRAFT_TOOLS_SIM_TRACE_CHECK_H_
#define QUADRAFT_TOOLS_SIM_TRACE_CHECK_H_

#include <cstdint>
#include <string>

#include "core/base/status.h"
#include "sim/explore/run.h"

namespace quadraft::sim {

struct TraceVerdict {
  RunReport report;  // As without the trace.
  Status trace;      // What is wrong with it.
  uint64_t lines = 0;
};
TraceVerdict RunAndCheckTrace(const RunOptions& options);

// The run with its trace written to `path`. Unavailable: it cannot be written.
StatusOr<RunReport> RunAndWriteTrace(const RunOptions& options, const std::string& path);

// A file. NotFound: it cannot be read; InvalidArgument: it is no trace; FailedPrecondition:
// refused.
Status CheckTraceFile(const std::string& path, uint64_t* lines);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_TRACE_CHECK_H_
