#include "tools/sim/workers.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/explore/phases.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr uint8_t kFinish = 1, kRecord = 2, kFeatures = 4;
constexpr size_t kHeader = 8;  // Of each message, both ways: the length of the rest.

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool SendMessage(int fd, std::string_view body) {
  std::string head;
  PutFixed<uint64_t>(&head, body.size());
  return WriteAll(fd, head) && WriteAll(fd, body);
}

// Appends what is there; false: the other end is gone.
bool ReadSome(int fd, std::string* bytes) {
  char buffer[65536];
  const ssize_t got = read(fd, buffer, sizeof(buffer));
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  bytes->append(buffer, static_cast<size_t>(got));
  return true;
}

// A whole message from the front of `bytes`, which keeps the rest.
std::optional<std::string> TakeMessage(std::string* bytes) {
  std::string_view in = *bytes;
  uint64_t size = 0;
  if (!GetFixed(&in, &size) || in.size() < size) return std::nullopt;
  std::string body(in.substr(0, size));
  bytes->erase(0, kHeader + size);
  return body;
}

std::string RunJob(std::string_view job) {
  const uint8_t flags = static_cast<uint8_t>(job[0]);
  const StatusOr<Tape> tape = ParseTape(job.substr(1));
  QR_CHECK(tape.ok()) << tape.status();
  SetActiveMutants(tape->mutants);
  PhasedRun run(*tape, {});
  std::optional<StateCoverage> coverage;
  if ((flags & kFeatures) != 0) coverage.emplace(&run.world(), &run.scenario());
  const Status status = (flags & kFinish) != 0 ? run.ToEnd() : run.To(tape->beyond_end);
  RunReport report = run.Report(status);
  if ((flags & kRecord) != 0) report.tape = FormatTape(run.Recorded());
  std::string out;
  PutLengthPrefixed(&out, EncodeReport(report));
  if (!coverage) return out;
  for (const Feature& feature : coverage->Collect()) {
    PutFixed<uint64_t>(&out, feature.id);
    PutFixed<uint64_t>(&out, static_cast<uint64_t>(feature.at.count()));
  }
  return out;
}

// Until the driver is gone. Each answer begins with the CPU time since the one before.
[[noreturn]] void Serve(int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // Pages once touched stay.
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 4 << 20);
  std::string bytes;
  int64_t told_us = 0;
  while (true) {
    std::optional<std::string> job;
    while (!(job = TakeMessage(&bytes))) {
      if (!ReadSome(fd, &bytes)) _exit(0);
    }
    const std::string answer = RunJob(*job);
    const int64_t now_us = ProcessCpuUs();
    std::string out;
    PutFixed<uint64_t>(&out, static_cast<uint64_t>(now_us - told_us));
    told_us = now_us;
    if (!SendMessage(fd, out + answer)) _exit(0);
  }
}

}  // namespace

int64_t ProcessCpuUs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * int64_t{1'000'000} + time.tv_nsec / 1000;
}

struct Workers::Worker {
  pid_t pid = -1;  // -1: none.
  int fd = -1;
  bool busy = false;
  bool hung = false;
  uint64_t job = 0;
  int64_t told_us = 0;  // CPU time that its answers spoke of.
  std::string bytes;
  SteadyClock::time_point deadline;
};

Workers::Workers(int jobs) {
  for (int i = 0; i < std::clamp(jobs, 1, kJobsMax); ++i)
    workers_.push_back(std::make_unique<Worker>());
}

Workers::~Workers() { Abandon(); }

void Workers::Abandon() {
  for (auto& worker : workers_) {
    if (worker->pid > 0) Bury(worker.get(), true, nullptr);
  }
}

int Workers::idle() const {
  return static_cast<int>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& w) { return !w->busy; }));
}

void Workers::Spawn(Worker* worker) {
  int ends[2];
  QR_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) << std::strerror(errno);
  const pid_t pid = fork();
  QR_CHECK(pid >= 0) << "fork: " << std::strerror(errno);
  if (pid == 0) {
    close(ends[0]);
    for (const auto& other : workers_) {
      if (other->fd >= 0) close(other->fd);
    }
    Serve(ends[1]);
  }
  close(ends[1]);
  *worker = Worker{};
  worker->pid = pid;
  worker->fd = ends[0];
}

void Workers::Bury(Worker* worker, bool kill_it, std::string* why) {
  if (kill_it) kill(worker->pid, SIGKILL);
  close(worker->fd);
  int status = 0;
  rusage usage{};
  while (wait4(worker->pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  cpu_us_ += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * int64_t{1'000'000} +
             usage.ru_utime.tv_usec + usage.ru_stime.tv_usec - worker->told_us;
  if (why != nullptr) {
    *why = worker->hung          ? StrCat("hang: no end after ", kSeedSecondsMax, " s of real time")
           : WIFSIGNALED(status) ? StrCat("crash: the run died of signal ", WTERMSIG(status), " (",
                                          strsignal(WTERMSIG(status)), ")")
                                 : StrCat("crash: the run ended with status ", WEXITSTATUS(status));
  }
  *worker = Worker{};
}

void Workers::Start(uint64_t id, const WorkerJob& job) {
  const auto found =
      std::find_if(workers_.begin(), workers_.end(), [](const auto& w) { return !w->busy; });
  QR_CHECK(found != workers_.end()) << "no idle worker";
  Worker* const worker = found->get();
  if (worker->pid < 0) Spawn(worker);
  worker->busy = true;
  worker->job = id;
  worker->deadline = SteadyClock::now() + std::chrono::seconds(kSeedSecondsMax);
  std::string message(1, static_cast<char>((job.finish ? kFinish : 0) | (job.record ? kRecord : 0) |
                                           (job.features ? kFeatures : 0)));
  message.append(FormatTape(job.tape));
  SendMessage(worker->fd, message);  // When it is dead, Await says so.
}

Workers::Done Workers::Await() {
  QR_CHECK(under_way() > 0);
  while (true) {
    std::vector<pollfd> polls;
    std::vector<Worker*> busy;
    for (const auto& worker : workers_) {
      if (!worker->busy) continue;
      polls.push_back({worker->fd, POLLIN, 0});
      busy.push_back(worker.get());
    }
    poll(polls.data(), polls.size(), 1000);
    for (size_t i = 0; i < busy.size(); ++i) {
      Worker* const worker = busy[i];
      if (!worker->hung && SteadyClock::now() > worker->deadline) {
        worker->hung = true;
        kill(worker->pid, SIGKILL);
      }
      if (polls[i].revents == 0) continue;
      Done done{.id = worker->job};
      if (!ReadSome(worker->fd, &worker->bytes)) {
        Bury(worker, false, &done.report.violation);
        return done;
      }
      const std::optional<std::string> answer = TakeMessage(&worker->bytes);
      if (!answer) continue;
      std::string_view in = *answer, report;
      uint64_t cpu_us = 0, feature = 0, at = 0;
      QR_CHECK(GetFixed(&in, &cpu_us) && GetLengthPrefixed(&in, &report) &&
               DecodeReport(report, &done.report))
          << "a worker's answer";
      while (GetFixed(&in, &feature) && GetFixed(&in, &at))
        done.features.push_back({feature, Duration(static_cast<int64_t>(at))});
      worker->busy = false;
      worker->told_us += static_cast<int64_t>(cpu_us);
      cpu_us_ += static_cast<int64_t>(cpu_us);
      return done;
    }
  }
}

std::optional<FirstDone> FindFirst(Workers* workers, const std::vector<WorkerJob>& jobs,
                                   absl::FunctionRef<bool(size_t, const RunReport&)> wanted) {
  std::optional<FirstDone> first;
  size_t next = 0;
  while (true) {
    while (next < jobs.size() && !first && workers->idle() > 0) {
      workers->Start(next, jobs[next]);
      ++next;
    }
    if (workers->under_way() == 0) return first;
    Workers::Done done = workers->Await();
    if (first && done.id > first->index) continue;
    if (wanted(done.id, done.report)) first = FirstDone{done.id, std::move(done.report)};
  }
}

}  // namespace quadraft::sim
