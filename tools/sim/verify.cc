#include "tools/sim/verify.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "core/base/check.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

constexpr int kPairsMax = 6;           // Nondeterminism may not come back every time.
constexpr uint64_t kWidenBy = 16;      // Checkpoints, when the difference began before the window.
constexpr size_t kContextEvents = 12;  // Shown before the first difference ...
constexpr size_t kAfterEvents = 2;     // ... and, of each run, after it.
constexpr size_t kEffectsShown = 40;

using SteadyClock = std::chrono::steady_clock;
using Window = std::pair<uint64_t, uint64_t>;

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// A program under way and the file that it writes.
struct Job {
  pid_t pid = -1;
  std::string path;
};

Job StartProbe(const VerifyOptions& options, const Window& window) {
  const char* const folder = std::getenv("TMPDIR");
  std::string path =
      StrCat(folder != nullptr && *folder != '\0' ? folder : "/tmp", "/quadraft-sim-probe-XXXXXX");
  const int fd = mkstemp(path.data());
  QR_CHECK(fd >= 0) << "cannot make the temporary file " << path;
  close(fd);
  // "quadraft-sim run --scenario ...": the same choices, another command.
  std::vector<std::string> words = Words(ReplayCommand(options.run));
  words[1] = "probe";
  for (const std::string& word :
       {std::string("--checkpoint-every"), StrCat(options.checkpoint_every),
        std::string("--window"), StrCat(window.first, ":", window.second), std::string("--out"),
        path}) {
    words.push_back(word);
  }
  if (!options.plant.empty()) {
    words.push_back("--plant");
    words.push_back(options.plant);
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(nullptr);
  const pid_t pid = fork();
  QR_CHECK(pid >= 0) << "fork: " << std::strerror(errno);
  if (pid == 0) {
    alarm(kSeedSecondsMax);  // Outlives exec: a hung run ends by SIGALRM.
    execv(options.program.c_str(), argv.data());
    _exit(127);
  }
  return {pid, path};
}

StatusOr<ProbeReport> ReadProbe(const std::string& path, int status) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  if (WIFSIGNALED(status)) {
    return Internal("the run died of signal ", WTERMSIG(status), " (", strsignal(WTERMSIG(status)),
                    ")");
  }
  if (WEXITSTATUS(status) > 1) return Internal("the run ended with status ", WEXITSTATUS(status));
  return DecodeProbe(text.str());
}

using Pair = std::pair<StatusOr<ProbeReport>, StatusOr<ProbeReport>>;

Pair RunPair(const VerifyOptions& options, const Window& window) {
  const Job first = StartProbe(options, window), second = StartProbe(options, window);
  int status_a = 0, status_b = 0;
  while (waitpid(first.pid, &status_a, 0) < 0 && errno == EINTR) {
  }
  while (waitpid(second.pid, &status_b, 0) < 0 && errno == EINTR) {
  }
  return {ReadProbe(first.path, status_a), ReadProbe(second.path, status_b)};
}

void Show(std::string* out, const ProbedEvent& event) {
  StrAppend(out, "  ", event.what, "\n");
  for (size_t i = 0; i < event.effects.size(); ++i) {
    if (i == kEffectsShown) {
      StrAppend(out, "      ... ", event.effects.size() - i, " more\n");
      break;
    }
    StrAppend(out, "      ", event.effects[i], "\n");
  }
}

std::string Explain(const ProbeReport& a, const ProbeReport& b, size_t at) {
  std::string out = "both runs, until then:\n";
  for (size_t i = at > kContextEvents ? at - kContextEvents : 0; i < at; ++i) {
    Show(&out, a.window[i]);
  }
  for (const auto& [name, report] : {std::pair("run 1", &a), std::pair("run 2", &b)}) {
    StrAppend(&out, name, at < report->window.size() ? ":\n" : ": no further event\n");
    for (size_t i = at; i < std::min(report->window.size(), at + 1 + kAfterEvents); ++i) {
      Show(&out, report->window[i]);
    }
  }
  return out;
}

// After the pair that disagreed: narrows down, by further pairs.
void Bisect(const VerifyOptions& options, Window window, VerifyResult* result) {
  while (result->pairs < kPairsMax) {
    ++result->pairs;
    const Pair pair = RunPair(options, window);
    if (!pair.first.ok() || !pair.second.ok()) {
      StrAppend(&result->text, Message(pair.first.status()), " ", Message(pair.second.status()),
                "\n");
      return;
    }
    const ProbeReport &a = *pair.first, &b = *pair.second;
    result->events_traced = std::max(a.window.size(), b.window.size());
    const std::optional<size_t> at = FirstDifference(a.window, b.window);
    const std::optional<Window> differing = DifferingEvents(a, b, options.checkpoint_every);
    if (at.has_value() && (*at > 0 || window.first == 1)) {
      const auto& shown = *at < a.window.size() ? a.window[*at] : b.window[*at];
      result->first_event = shown.number;
      StrAppend(&result->text, "the first event that differs is #", shown.number, ", of ",
                result->events_traced, " traced in each of two runs\n", Explain(a, b, *at));
      return;
    }
    if (at.has_value()) {  // It began before anything that the hash sees.
      const uint64_t by = kWidenBy * options.checkpoint_every;
      window.first = window.first > by ? window.first - by : 1;
    } else if (differing.has_value()) {
      window = *differing;
    }
  }
  StrAppend(&result->text, "not found in ", result->pairs,
            " pairs of runs: it does not come back every time\n");
}

VerifyResult Judge(const VerifyOptions& options, const Pair& pair) {
  VerifyResult result{.pairs = 1};
  if (!pair.first.ok() || !pair.second.ok()) {
    result.text = StrCat(Message(pair.first.status()), " ", Message(pair.second.status()), "\n");
    return result;
  }
  const ProbeReport &a = *pair.first, &b = *pair.second;
  const std::optional<Window> differing = DifferingEvents(a, b, options.checkpoint_every);
  if (!differing.has_value()) {
    result.same = true;
    return result;
  }
  const auto start = SteadyClock::now();
  result.text =
      StrCat("hash ", a.hash.ToHex(), " after ", a.events, " events, then ", b.hash.ToHex(),
             " after ", b.events, "\nthe checkpoints differ between events ", differing->first,
             " and ", differing->second, "\n");
  Bisect(options, *differing, &result);
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  char spent[60];
  std::snprintf(spent, sizeof(spent), "bisected in %.2f s, %d pairs of runs\n", result.seconds,
                result.pairs);
  result.text += spent;
  return result;
}

}  // namespace

std::optional<Window> DifferingEvents(const ProbeReport& a, const ProbeReport& b, uint64_t every) {
  const size_t common = std::min(a.checkpoints.size(), b.checkpoints.size());
  size_t equal = 0;
  while (equal < common && a.checkpoints[equal] == b.checkpoints[equal]) ++equal;
  if (equal == a.checkpoints.size() && equal == b.checkpoints.size() && a.hash == b.hash &&
      a.events == b.events && a.violation == b.violation) {
    return std::nullopt;
  }
  // One checkpoint more than the hash asks for: what differs may have been sent or set before.
  const uint64_t first = equal > 0 ? (equal - 1) * every + 1 : 1;
  return Window{first, std::min((equal + 1) * every, std::max(a.events, b.events))};
}

std::optional<size_t> FirstDifference(const std::vector<ProbedEvent>& a,
                                      const std::vector<ProbedEvent>& b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (a[i] != b[i]) return i;
  }
  if (a.size() != b.size()) return common;
  return std::nullopt;
}

VerifyResult VerifySeed(const VerifyOptions& options) {
  return Judge(options, RunPair(options, {1, 0}));
}

void VerifySeeds(const VerifyOptions& options, uint64_t first, uint64_t seeds, int jobs,
                 const std::function<void(uint64_t seed, const VerifyResult&)>& each) {
  struct Seed {
    VerifyOptions options;
    int missing = 2;
    std::vector<StatusOr<ProbeReport>> reports;
  };
  std::map<uint64_t, Seed> open;                      // By seed.
  std::map<pid_t, std::pair<Job, uint64_t>> running;  // To the seed.
  uint64_t next = first;
  const uint64_t end = first + seeds;
  while (next < end || !open.empty()) {
    while (next < end && running.size() < static_cast<size_t>(std::clamp(jobs, 1, kJobsMax))) {
      Seed& seed = open[next];
      seed.options = options;
      seed.options.run = ForSeed(options.run, next);
      for (int copy = 0; copy < 2; ++copy) {
        const Job job = StartProbe(seed.options, {1, 0});
        running[job.pid] = {job, next};
      }
      ++next;
    }
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    const auto ended = running.find(pid);
    if (ended == running.end()) {
      QR_CHECK(pid >= 0 || errno == EINTR) << "waitpid: " << std::strerror(errno);
      continue;
    }
    Seed& seed = open[ended->second.second];
    seed.reports.push_back(ReadProbe(ended->second.first.path, status));
    --seed.missing;
    running.erase(ended);
    while (!open.empty() && open.begin()->second.missing == 0) {
      const auto done = open.begin();
      each(done->first, Judge(done->second.options, {std::move(done->second.reports[0]),
                                                     std::move(done->second.reports[1])}));
      open.erase(done);
    }
  }
}

}  // namespace quadraft::sim
