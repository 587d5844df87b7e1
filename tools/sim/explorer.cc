#include "tools/sim/explorer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/explore/coverage.h"
#include "sim/explore/mutate.h"
#include "sim/explore/phases.h"

namespace quadraft::sim {
namespace {

constexpr int kSlots = 28;
constexpr size_t kFeatureBits = 1u << 20;
constexpr size_t kTapeBytesMax = 60'000, kTextMax = 2'000;
constexpr size_t kCorpusMax = 200;
constexpr int kKindsMax = 4;
constexpr uint64_t kRootsBeforeReuse = 3;
constexpr Duration kDepthMax = seconds(12);  // Of virtual time: deeper snapshots are not continued.
constexpr auto kHungAfter = std::chrono::seconds(120);

int64_t CpuUs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * int64_t{1'000'000} + time.tv_nsec / 1000;
}

struct Command {
  uint8_t quit = 0;
  uint8_t child = 0;  // The slot of the new process.
  uint8_t finish = 0;
  uint8_t kinds = 0;
  uint8_t kind[kKindsMax] = {};
  uint64_t seed = 0;
};

}  // namespace

struct Explorer::Slot {
  pid_t pid;
  bool reported;
  bool finished;  // The finisher came to its end.
  uint32_t novel;
  int64_t time_ns;
  int64_t cpu_us;
  char violation[kTextMax];
  char tape[kTapeBytesMax];
};

struct Explorer::Shared {
  Slot slots[kSlots];
  uint64_t map[kFeatureBits / 64];
};

struct Explorer::Live {
  enum State { kFree, kRunning, kSnapshot };
  State state = kFree;
  bool whole = false;  // A mutated tape: never a snapshot.
  int parent = -1;
  int driver_end = -1, process_end = -1;
  std::vector<uint8_t> kinds;
  double worth = 0;  // What it and its children saw that was new.
  int continued = 0;
  uint64_t born = 0;
  std::chrono::steady_clock::time_point deadline;
};

namespace {

void CopyText(char* to, size_t size, const std::string& text) {
  const size_t length = std::min(size - 1, text.size());
  std::memcpy(to, text.data(), length);
  to[length] = 0;
}

void AddCpu(int64_t* total, int64_t us) { __atomic_fetch_add(total, us, __ATOMIC_RELAXED); }

// True: it was not there.
bool AddFeature(uint64_t* map, uint64_t feature) {
  const uint64_t bit = feature % kFeatureBits;
  const uint64_t mask = uint64_t{1} << (bit % 64);
  return (__atomic_fetch_or(&map[bit / 64], mask, __ATOMIC_RELAXED) & mask) == 0;
}

}  // namespace

// One process of the search: a run, its coverage, the slot that it reports in.
namespace {

struct Held {
  PhasedRun* run;
  StateCoverage* coverage;
};

}  // namespace

Explorer::Explorer(ExploreOptions options)
    : options_(std::move(options)),
      random_(options_.seed, "explorer"),
      live_(kSlots),
      kind_worth_(FaultTable().size(), 1.0),
      next_root_(options_.seed << 20) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // Children of snapshots that are gone are ours to reap.
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  QR_CHECK(memory != MAP_FAILED) << "mmap: " << std::strerror(errno);
  shared_ = static_cast<Shared*>(memory);
  for (Live& live : live_) {
    int ends[2];
    QR_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0) << std::strerror(errno);
    live.driver_end = ends[0];
    live.process_end = ends[1];
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    setsockopt(live.process_end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
}

Explorer::~Explorer() {
  for (int slot = 0; slot < kSlots; ++slot) {
    Live& live = live_[static_cast<size_t>(slot)];
    const pid_t pid = shared_->slots[slot].pid;
    if (live.state != Live::kFree && pid > 0) kill(pid, SIGKILL);
    close(live.driver_end);
    close(live.process_end);
  }
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  munmap(shared_, sizeof(Shared));
}

namespace {

// Everything below runs in the processes of the search.

template <typename Slot>
void ReportSlot(Slot* slot, uint64_t* map, const Held& held, const Status& status, int end) {
  uint32_t novel = 0;
  held.coverage->Collect([&](uint64_t feature) { novel += AddFeature(map, feature) ? 1 : 0; });
  slot->novel = novel;
  slot->time_ns = held.run->world().now_ns();
  if (!status.ok()) CopyText(slot->violation, kTextMax, Message(status));
  if (!status.ok() || novel > 0) {
    CopyText(slot->tape, kTapeBytesMax, FormatTape(held.run->tape()));
  }
  AddCpu(&slot->cpu_us, CpuUs(CLOCK_PROCESS_CPUTIME_ID));
  slot->reported = true;
  const char done = 1;
  (void)!send(end, &done, 1, MSG_NOSIGNAL);
}

// Repair and rest in a process of its own: this one stays where it is.
template <typename Slot>
void Finish(Slot* slot, uint64_t* map, const Held& held) {
  const pid_t pid = fork();
  if (pid < 0) return;
  if (pid == 0) {
    const Status status = held.run->ToEnd();
    held.coverage->Collect([&](uint64_t feature) { AddFeature(map, feature); });
    if (!status.ok()) CopyText(slot->violation, kTextMax, Message(status));
    AddCpu(&slot->cpu_us, CpuUs(CLOCK_PROCESS_CPUTIME_ID));
    slot->finished = true;
    _exit(0);
  }
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!slot->finished)
    CopyText(slot->violation, kTextMax, "crash: the run died while it was repaired");
  if (slot->violation[0] != 0) {
    CopyText(slot->tape, kTapeBytesMax, FormatTape(held.run->tape()));
  }
}

template <typename Slot>
Status Burst(Slot* slot, uint64_t* map, const Held& held, const Command& command) {
  Random random(command.seed, "burst");
  std::vector<std::string_view> kinds;
  for (int i = 0; i < command.kinds; ++i) kinds.push_back(FaultTable()[command.kind[i]].name);
  const Duration now = held.run->world().now();
  const Duration window = milliseconds(random.Between(2, 20) * 100);
  const Duration pace = milliseconds(random.Between(1, 4) * 100);
  held.run->Extend(DrawBurst(kinds, random, now + milliseconds(1), window, pace), now + window);
  const Status status = held.run->To(now + window);
  if (status.ok() && command.finish != 0) Finish(slot, map, held);
  return status;
}

}  // namespace

// Serves its commands for ever: each forks a child that goes on from here.
void Explorer::StartRoot(int slot) {
  Live& live = live_[static_cast<size_t>(slot)];
  live.state = Live::kRunning;
  ++result_.roots;
  RunOptions run_options = options_.run;
  run_options.seed = next_root_++;
  const pid_t driver = getpid();
  const pid_t pid = fork();
  QR_CHECK(pid >= 0) << "fork: " << std::strerror(errno);
  if (pid > 0) {
    shared_->slots[slot].pid = pid;
    return;
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_DFL;
  ignore.sa_flags = SA_NOCLDWAIT;
  sigaction(SIGCHLD, &ignore, nullptr);
  Tape tape = DrawTape(run_options);
  tape.faults.clear();
  tape.safety_end = tape.beyond_end = kWarmUp;
  SetActiveMutants(tape.mutants);
  auto run = std::make_unique<PhasedRun>(tape, run_options);
  StateCoverage coverage(&run->world(), &run->scenario());
  const Held held{run.get(), &coverage};
  int mine = slot;
  ReportSlot(&shared_->slots[mine], shared_->map, held, run->To(kWarmUp),
             live_[static_cast<size_t>(mine)].process_end);
  while (true) {
    Command command;
    const ssize_t got =
        recv(live_[static_cast<size_t>(mine)].process_end, &command, sizeof(command), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN && kill(driver, 0) == 0) continue;
    if (got != sizeof(command) || command.quit != 0) _exit(0);
    const int64_t cpu_before = CpuUs(CLOCK_PROCESS_CPUTIME_ID);
    const pid_t child = fork();
    if (child < 0) _exit(1);
    if (child > 0) {
      shared_->slots[command.child].pid = child;
      AddCpu(&shared_->slots[command.child].cpu_us, CpuUs(CLOCK_PROCESS_CPUTIME_ID) - cpu_before);
      continue;
    }
    mine = command.child;
    Slot* const target = &shared_->slots[mine];
    target->pid = getpid();
    const Status status = Burst(target, shared_->map, held, command);
    ReportSlot(target, shared_->map, held, status, live_[static_cast<size_t>(mine)].process_end);
  }
}

void Explorer::StartMutated(int slot) {
  Live& live = live_[static_cast<size_t>(slot)];
  live.state = Live::kRunning;
  live.whole = true;
  ++result_.mutated;
  const std::string& mother = corpus_[random_.Below(corpus_.size())];
  const std::string& father = corpus_[random_.Below(corpus_.size())];
  const uint64_t seed = random_.Next();
  const pid_t pid = fork();
  QR_CHECK(pid >= 0) << "fork: " << std::strerror(errno);
  if (pid > 0) {
    shared_->slots[slot].pid = pid;
    return;
  }
  Random random(seed, "mutate");
  const StatusOr<Tape> a = ParseTape(mother), b = ParseTape(father);
  QR_CHECK(a.ok() && b.ok()) << a.status() << b.status();
  const Tape tape = MutateTape(*a, *b, random);
  SetActiveMutants(tape.mutants);
  PhasedRun run(tape, {});
  StateCoverage coverage(&run.world(), &run.scenario());
  ReportSlot(&shared_->slots[slot], shared_->map, {&run, &coverage}, run.ToEnd(), live.process_end);
  _exit(0);
}

int Explorer::ChooseSnapshot() {
  int best = -1;
  double best_worth = -1;
  for (int slot = 0; slot < kSlots; ++slot) {
    const Live& live = live_[static_cast<size_t>(slot)];
    if (live.state != Live::kSnapshot) continue;
    if (Duration(shared_->slots[slot].time_ns) > kDepthMax) continue;
    // Worth per try, less and less the more often; a little luck.
    const double worth = (live.worth + 2.0) / (live.continued + 1.0) *
                         (0.5 + static_cast<double>(random_.Below(1000)) / 1000.0);
    if (worth > best_worth) best = slot, best_worth = worth;
  }
  return best;
}

std::vector<uint8_t> Explorer::ChooseKinds() {
  double sum = 0;
  for (const double worth : kind_worth_) sum += worth;
  std::vector<uint8_t> kinds;
  for (int64_t n = random_.Between(1, kKindsMax); n > 0; --n) {
    if (random_.OneIn(2)) {  // By worth, else any.
      double at = static_cast<double>(random_.Below(1'000'000)) / 1e6 * sum;
      size_t kind = 0;
      while (kind + 1 < kind_worth_.size() && (at -= kind_worth_[kind]) > 0) ++kind;
      kinds.push_back(static_cast<uint8_t>(kind));
    } else {
      kinds.push_back(static_cast<uint8_t>(random_.Below(kind_worth_.size())));
    }
  }
  return kinds;
}

void Explorer::StartBurst(int slot) {
  const int parent = ChooseSnapshot();
  if (parent < 0) return StartRoot(slot);
  Live& live = live_[static_cast<size_t>(slot)];
  Live& from = live_[static_cast<size_t>(parent)];
  live.state = Live::kRunning;
  live.parent = parent;
  live.kinds = ChooseKinds();
  ++from.continued;
  ++result_.bursts;
  Command command;
  command.child = static_cast<uint8_t>(slot);
  command.finish = random_.OneIn(3) ? 1 : 0;
  command.kinds = static_cast<uint8_t>(live.kinds.size());
  std::copy(live.kinds.begin(), live.kinds.end(), command.kind);
  command.seed = random_.Next();
  (void)!send(from.driver_end, &command, sizeof(command), MSG_NOSIGNAL);
}

// The snapshot of the least worth goes when there is no room.
int Explorer::FreeSlot() {
  int worst = -1;
  double worst_worth = 0;
  for (int slot = 0; slot < kSlots; ++slot) {
    const Live& live = live_[static_cast<size_t>(slot)];
    if (live.state == Live::kFree) return slot;
    if (live.state != Live::kSnapshot) continue;
    const double worth = (live.worth + 2.0) / (live.continued + 1.0);
    if (worst < 0 || worth < worst_worth) worst = slot, worst_worth = worth;
  }
  if (worst >= 0) Retire(worst);
  return worst;
}

void Explorer::Retire(int slot) {
  Live& live = live_[static_cast<size_t>(slot)];
  Command command;
  command.quit = 1;
  if (live.state == Live::kSnapshot)
    (void)!send(live.driver_end, &command, sizeof(command), MSG_NOSIGNAL);
  const int driver_end = live.driver_end, process_end = live.process_end;
  // The process reads its last command from the old pair; the slot's next one must not.
  int ends[2] = {driver_end, process_end};
  live = Live{};
  live.driver_end = ends[0];
  live.process_end = ends[1];
  if (command.quit != 0) {
    const pid_t pid = shared_->slots[slot].pid;
    if (pid > 0) kill(pid, SIGKILL);
    char drain[sizeof(Command)];
    while (recv(process_end, drain, sizeof(drain), MSG_DONTWAIT) > 0) {
    }
    while (recv(driver_end, drain, sizeof(drain), MSG_DONTWAIT) > 0) {
    }
  }
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void Explorer::StartSomething() {
  const int slot = FreeSlot();
  if (slot < 0) return;
  Slot& report = shared_->slots[slot];
  std::memset(static_cast<void*>(&report), 0, offsetof(Slot, violation) + 1);
  report.tape[0] = 0;
  Live& live = live_[static_cast<size_t>(slot)];
  live.born = ++ticks_;
  live.deadline = std::chrono::steady_clock::now() + kHungAfter;
  if (result_.roots < kRootsBeforeReuse || random_.OneIn(12)) {
    StartRoot(slot);
  } else if (!corpus_.empty() && random_.OneIn(8)) {
    StartMutated(slot);
  } else {
    StartBurst(slot);
  }
}

void Explorer::Settle(int slot) {
  Slot& report = shared_->slots[slot];
  Live& live = live_[static_cast<size_t>(slot)];
  result_.cpu_us += report.cpu_us;
  result_.features += report.novel;
  result_.finished += report.finished ? 1 : 0;
  if (!report.reported && report.violation[0] == 0) {
    CopyText(report.violation, kTextMax, "crash: the run died, or hung");
  }
  if (report.violation[0] != 0 && result_.violation.empty()) {
    result_.violation = report.violation;
    result_.tape = report.tape;
  }
  for (const uint8_t kind : live.kinds) {
    kind_worth_[kind] = kind_worth_[kind] * 0.95 + std::min<double>(report.novel, 40) * 0.05 + 0.02;
  }
  if (live.parent >= 0 && live_[static_cast<size_t>(live.parent)].state == Live::kSnapshot) {
    live_[static_cast<size_t>(live.parent)].worth += report.novel;
  }
  if (report.novel > 0 && !live.whole) {
    if (corpus_.size() < kCorpusMax) {
      corpus_.emplace_back(report.tape);
    } else {
      corpus_[random_.Below(corpus_.size())] = report.tape;
    }
  }
  live.worth = report.novel;
  live.state = Live::kSnapshot;
  if (live.whole || report.violation[0] != 0 || (report.novel == 0 && live.parent >= 0))
    Retire(slot);
}

// False: nothing is under way.
bool Explorer::AwaitOne() {
  std::vector<pollfd> polls;
  std::vector<int> slots;
  for (int slot = 0; slot < kSlots; ++slot) {
    const Live& live = live_[static_cast<size_t>(slot)];
    if (live.state != Live::kRunning) continue;
    polls.push_back({live.driver_end, POLLIN, 0});
    slots.push_back(slot);
  }
  if (polls.empty()) return false;
  poll(polls.data(), polls.size(), 200);
  for (size_t i = 0; i < polls.size(); ++i) {
    const int slot = slots[i];
    char done;
    if ((polls[i].revents & POLLIN) != 0 && recv(polls[i].fd, &done, 1, MSG_DONTWAIT) == 1) {
      Settle(slot);
      return true;
    }
    const pid_t pid = shared_->slots[slot].pid;
    const bool hung = std::chrono::steady_clock::now() > live_[static_cast<size_t>(slot)].deadline;
    if (hung && pid > 0) kill(pid, SIGKILL);
    const bool dead = pid > 0 && (waitpid(pid, nullptr, WNOHANG) == pid || kill(pid, 0) != 0);
    if (!(hung || dead) || shared_->slots[slot].reported) continue;
    Settle(slot);
    return true;
  }
  return true;
}

ExploreResult Explorer::Search() {
  const int64_t before = CpuUs(CLOCK_PROCESS_CPUTIME_ID);
  int under_way = 0;
  while (result_.violation.empty() && result_.cpu_us < options_.cpu_us_max) {
    under_way = static_cast<int>(std::count_if(
        live_.begin(), live_.end(), [](const Live& live) { return live.state == Live::kRunning; }));
    if (under_way < options_.jobs) {
      StartSomething();
      continue;
    }
    AwaitOne();
  }
  result_.cpu_us += CpuUs(CLOCK_PROCESS_CPUTIME_ID) - before;
  return result_;
}

}  // namespace quadraft::sim
