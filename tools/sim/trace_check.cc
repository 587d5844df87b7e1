#include "tools/sim/trace_check.h"

#include <fstream>
#include <utility>

#include "jepsen/raft_trace/checker.h"
#include "jepsen/raft_trace/event.h"
#include "sim/trace/raft_trace.h"

namespace quadraft::sim {

TraceVerdict RunAndCheckTrace(const RunOptions& options) {
  TraceVerdict verdict;
  jepsen::RaftTraceChecker checker;
  RaftTrace trace([&](const jepsen::RaftTraceEvent& event) {
    if (verdict.trace.ok()) verdict.trace = checker.Check(event);
  });
  RunOptions watched = options;
  watched.observer = &trace;
  verdict.report = RunScenario(watched);
  verdict.lines = checker.lines();
  return verdict;
}

StatusOr<RunReport> RunAndWriteTrace(const RunOptions& options, const std::string& path) {
  std::ofstream out(path, std::ios::trunc);
  RaftTrace trace(
      [&out](const jepsen::RaftTraceEvent& event) { out << jepsen::ToJson(event) << '\n'; });
  RunOptions watched = options;
  watched.observer = &trace;
  RunReport report = RunScenario(watched);
  if (!out.flush()) return Unavailable("cannot write ", path);
  return report;
}

Status CheckTraceFile(const std::string& path, uint64_t* lines) {
  std::ifstream in(path);
  if (!in) return NotFound("cannot read ", path);
  jepsen::RaftTraceChecker checker;
  Status status;
  std::string line;
  while (status.ok() && std::getline(in, line)) status = checker.CheckLine(line);
  *lines = checker.lines();
  if (status.ok() && in.bad()) return NotFound("cannot read all of ", path);
  return status;
}

}  // namespace quadraft::sim
