#include "tools/sim/verify.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>

#include "core/base/check.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

constexpr int kContextLines = 12;

// The trace of one more run, in a child of its own.
std::string TraceApart(RunOptions options) {
  char path[] = "/tmp/quadraft-sim-trace-XXXXXX";
  const int fd = mkstemp(path);
  QR_CHECK(fd >= 0) << "cannot make a temporary file in /tmp";
  close(fd);
  std::fflush(nullptr);
  const pid_t pid = fork();
  QR_CHECK(pid >= 0) << "fork failed";
  if (pid == 0) {
    {
      std::ofstream out(path);
      options.trace = &out;
      RunScenario(options);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path);
  return text.str();
}

}  // namespace

std::string FirstDifference(std::string_view a, std::string_view b, int context) {
  std::deque<std::string_view> before;
  while (!a.empty() || !b.empty()) {
    const std::string_view line_a = a.substr(0, a.find('\n'));
    const std::string_view line_b = b.substr(0, b.find('\n'));
    if (line_a != line_b) {
      std::string out;
      for (const std::string_view line : before) StrAppend(&out, "  ", line, "\n");
      StrAppend(&out, "1 ", line_a, "\n2 ", line_b, "\n");
      return out;
    }
    before.push_back(line_a);
    if (static_cast<int>(before.size()) > context) before.pop_front();
    a.remove_prefix(std::min(a.size(), line_a.size() + 1));
    b.remove_prefix(std::min(b.size(), line_b.size() + 1));
  }
  return "";
}

std::string VerifySeed(const RunOptions& options) {
  const SeedResult first = RunSeedApart(options);
  const SeedResult second = RunSeedApart(options);
  if (first.report.hash == second.report.hash && first.report.events == second.report.events &&
      first.report.violation == second.report.violation) {
    return "";
  }
  std::string out =
      StrCat("hash ", first.report.hash.ToHex(), " after ", first.report.events, " events, then ",
             second.report.hash.ToHex(), " after ", second.report.events, "\n");
  const std::string difference =
      FirstDifference(TraceApart(options), TraceApart(options), kContextLines);
  return out + (difference.empty()
                    ? "two traced runs agree: the difference does not come back every time\n"
                    : difference);
}

}  // namespace quadraft::sim
