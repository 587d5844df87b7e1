#include "tools/sim/swarm.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace quadraft::sim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kReportBytesMax = 64u << 20;

bool GetText(std::string_view* in, std::string* text) {
  std::string_view bytes;
  if (!GetLengthPrefixed(in, &bytes)) return false;
  text->assign(bytes);
  return true;
}

bool GetCounts(std::string_view* in, std::map<std::string, uint64_t>* counts) {
  uint64_t rows = 0;
  if (!GetVarint(in, &rows)) return false;
  for (uint64_t i = 0; i < rows; ++i) {
    std::string name;
    uint64_t count = 0;
    if (!GetText(in, &name) || !GetVarint(in, &count)) return false;
    (*counts)[name] = count;
  }
  return true;
}

// One seed under way: the child writes its report into the pipe and exits.
struct Child {
  uint64_t seed = 0;
  pid_t pid = -1;
  int pipe = -1;
  std::string bytes;
  SteadyClock::time_point deadline;
  bool hung = false;
};

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written <= 0) {
      if (written < 0 && errno == EINTR) continue;
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

Child StartChild(const RunOptions& options,
                 const std::function<RunReport(const RunOptions&)>& judge = nullptr) {
  int fds[2];
  QR_CHECK(pipe(fds) == 0) << "pipe: " << std::strerror(errno);
  Child child{.seed = options.seed};
  child.pid = fork();
  QR_CHECK(child.pid >= 0) << "fork: " << std::strerror(errno);
  if (child.pid == 0) {
    close(fds[0]);
    WriteAll(fds[1], EncodeReport(judge ? judge(options) : RunScenario(options)));
    _exit(0);
  }
  close(fds[1]);
  child.pipe = fds[0];
  child.deadline = SteadyClock::now() + std::chrono::seconds(kSeedSecondsMax);
  return child;
}

// False: the child has closed its end.
bool ReadSome(Child* child) {
  char buffer[65536];
  const ssize_t got = read(child->pipe, buffer, sizeof(buffer));
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  if (child->bytes.size() < kReportBytesMax) child->bytes.append(buffer, static_cast<size_t>(got));
  return true;
}

SeedResult Reap(Child* child) {
  close(child->pipe);
  int status = 0;
  rusage usage{};
  while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  SeedResult result{.seed = child->seed};
  result.cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * int64_t{1'000'000} +
                  usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  if (child->hung) {
    result.report.violation = StrCat("hang: no end after ", kSeedSecondsMax, " s of real time");
  } else if (WIFSIGNALED(status)) {
    result.report.violation = StrCat("crash: the run died of signal ", WTERMSIG(status), " (",
                                     strsignal(WTERMSIG(status)), ")");
  } else if (!DecodeReport(child->bytes, &result.report)) {
    result.report.violation =
        StrCat("crash: the run ended with status ", WEXITSTATUS(status), " and no report");
  }
  return result;
}

// Waits until one child has ended and takes it out of `children`.
SeedResult AwaitOne(std::vector<Child>* children) {
  while (true) {
    std::vector<pollfd> polls;
    for (const Child& child : *children) polls.push_back({child.pipe, POLLIN, 0});
    poll(polls.data(), polls.size(), 1000);
    for (size_t i = 0; i < children->size(); ++i) {
      Child& child = (*children)[i];
      if (!child.hung && SteadyClock::now() > child.deadline) {
        child.hung = true;
        kill(child.pid, SIGKILL);
      }
      if (polls[i].revents == 0 || ReadSome(&child)) continue;
      SeedResult result = Reap(&child);
      children->erase(children->begin() + static_cast<std::ptrdiff_t>(i));
      return result;
    }
  }
}

}  // namespace

std::string EncodeReport(const RunReport& report) {
  std::string out;
  PutVarint(&out, report.events);
  PutVarint(&out, static_cast<uint64_t>(report.sim_ns));
  PutFixed<uint64_t>(&out, report.hash.high);
  PutFixed<uint64_t>(&out, report.hash.low);
  for (const std::string* text : {&report.description, &report.operations, &report.violation,
                                  &report.log_tail, &report.state, &report.stopped, &report.tape}) {
    PutLengthPrefixed(&out, *text);
  }
  for (const auto* counts : {&report.faults, &report.points, &report.marks}) {
    PutVarint(&out, counts->size());
    for (const auto& [name, count] : *counts) {
      PutLengthPrefixed(&out, name);
      PutVarint(&out, count);
    }
  }
  return out;
}

bool DecodeReport(std::string_view in, RunReport* report) {
  uint64_t sim_ns = 0;
  if (!GetVarint(&in, &report->events) || !GetVarint(&in, &sim_ns) ||
      !GetFixed(&in, &report->hash.high) || !GetFixed(&in, &report->hash.low) ||
      !GetText(&in, &report->description) || !GetText(&in, &report->operations) ||
      !GetText(&in, &report->violation) || !GetText(&in, &report->log_tail) ||
      !GetText(&in, &report->state) || !GetText(&in, &report->stopped) ||
      !GetText(&in, &report->tape) || !GetCounts(&in, &report->faults) ||
      !GetCounts(&in, &report->points) || !GetCounts(&in, &report->marks)) {
    return false;
  }
  report->sim_ns = static_cast<int64_t>(sim_ns);
  return in.empty();
}

SeedResult RunSeedApart(const RunOptions& options) {
  std::vector<Child> children{StartChild(options)};
  return AwaitOne(&children);
}

RunReport RunTapeApart(const Tape& tape) {
  RunOptions options;
  options.tape = std::make_shared<const Tape>(tape);
  options.record = true;
  return RunSeedApart(options).report;
}

SwarmResult RunSwarm(const SwarmOptions& options,
                     absl::AnyInvocable<void(const SeedResult&)> each) {
  const auto start = SteadyClock::now();
  SwarmResult total;
  std::vector<Child> children;
  uint64_t next = options.first;
  const uint64_t end = options.first + options.seeds;
  bool enough = false;
  while (!children.empty() || (next < end && !enough)) {
    while (next < end && !enough &&
           static_cast<int>(children.size()) < std::clamp(options.jobs, 1, kJobsMax)) {
      children.push_back(StartChild(ForSeed(options.run, next++), options.judge));
    }
    const SeedResult result = AwaitOne(&children);
    ++total.seeds;
    total.events += result.report.events;
    total.sim_ns += result.report.sim_ns;
    total.cpu_us += result.cpu_us;
    for (const auto& [name, count] : result.report.faults) total.faults[name] += count;
    for (const auto& [name, count] : result.report.points) total.points[name] += count;
    for (const auto& [name, count] : result.report.marks) total.marks[name] += count;
    if (!result.report.violation.empty()) {
      ++total.violations;
      enough = options.violations_max > 0 &&
               total.violations >= static_cast<uint64_t>(options.violations_max);
    }
    each(result);
  }
  total.wall_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyClock::now() - start).count();
  return total;
}

}  // namespace quadraft::sim
