// quadraft-sim: seeded runs of whole clusters in simulated time. `quadraft-sim help` says the rest.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "sim/checkers/invariants.h"
#include "sim/explore/run.h"
#include "sim/explore/scenario.h"
#include "sim/faults/fault.h"
#include "sim/trace/recorder.h"
#include "tools/sim/commands.h"
#include "tools/sim/determinism_commands.h"
#include "tools/sim/mutants_command.h"
#include "tools/sim/see.h"
#include "tools/sim/swarm.h"
#include "tools/sim/trace_check.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kUsage = R"(usage: quadraft-sim COMMAND [FLAGS]
  run      one seed; the last line is seed=N events=... sim_seconds=... wall_seconds=... hash=... verdict=ok|VIOLATION
           --log LEVEL    print the nodes' log lines: debug, info, warning, error
           --trace FILE   one line per event
           --html FILE    a timeline to look at, one self-contained page   --perfetto FILE   for ui.perfetto.dev
           --history FILE what the clients saw, for `quadraft check`; of several workloads: FILE.NAME each
           --raft-trace FILE  what each Raft did, one JSON object a line, for trace-check (not beside --html or --perfetto)
  swarm    many seeds, each in a process of its own
           --seeds N (100)   --first F (1)   --jobs J (1)   --until-violation   --require-all-faults
  nightly  swarm of 2000 seeds that also fails when a kind of fault never fired (--require-all-faults)
  verify   each of N seeds twice; the hashes must be equal, else the first event that differs is found and shown
           --seeds N (20)   --first F (1)   --jobs J (1)   --checkpoint-every EVENTS (1024)
           --plant clock@EVENT|address@EVENT   nondeterminism on purpose, to see that it is found
  golden   the hashes of --file FILE, again   --rewrite: writes what the runs gave
  probe    one run on behalf of verify   --window FIRST:LAST   --out FILE
  replay SEED|TAPE  one run again, to its end or to any step of it; the nodes at the stop are printed
           --until EVENT|TIME   --break-on INVARIANT|any   --log LEVEL   --record FILE: its tape, each operation listed
           --html FILE   --perfetto FILE: as of run
  shrink SEED|TAPE  a failing run made small; the result is a scenario file
           --out FILE   --jobs J (1)   --time SECONDS (270)
  explore  a search that is steered by what runs went through, until a violation
           --scenario NAME (where the planted bug is hunted, or log)   --seed N (1)   --jobs J (1)   --cpu SECONDS (60)   --out FILE: the tape that fails
           --compare --mutant NAME ... --trials N (5): CPU time to each planted bug, beside random seeds; --svg FILE
  trace-check FILE  a trace of run --raft-trace, held against Raft's specification; the first line that it does not allow
  trace-check --seeds N   the same of N runs, as they go   --first F (1)   --jobs J (1)   --until-violation
  mutants  the mutation scoreboard: each planted bug (or those named by --mutant), until a seed finds it
           --seeds N (2000): how many seeds at most   --jobs J (1)   --first F (1)
           --repeats R (1): so many hunts, over seeds that have nothing in common; medians are shown   --markdown: a table
  list     scenarios, faults, invariants, planted bugs, and the points and marks in the code
of all: --scenario NAME (run: register; mutants: where each is hunted; else any: each second seed is log)   --seed N   --nodes N
        --seconds S (of faults)   --mutant NAME ...   --fault NAME ...
exit: 0 all is well, 1 a violation (or a planted bug that lives), 2 bad usage
)";

struct Flags {
  RunOptions run;
  uint64_t seeds = 0;  // 0: the command's default.
  uint64_t first = 1;
  int jobs = 1;
  bool until_violation = false;
  uint64_t repeats = 1;
  bool markdown = false;
  bool require_all_faults = false;
  std::string trace, history, raft_trace;
  SeeFiles see;
  DeterminismFlags determinism;
};

Status ParseNumber(std::string_view flag, std::string_view text, uint64_t max, uint64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (error != std::errc() || end != text.data() + text.size() || *out > max) {
    return InvalidArgument(flag, " wants a number up to ", max, ", not '", text, "'");
  }
  return OkStatus();
}

Status ParseLevel(std::string_view text, LogLevel* level) {
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  for (int i = 0; i < 4; ++i) {
    if (text == kNames[i]) {
      *level = static_cast<LogLevel>(i);
      return OkStatus();
    }
  }
  return InvalidArgument("--log wants debug, info, warning or error, not '", text, "'");
}

// Where the value of a flag that takes any text goes; null: it is no such flag.
std::string* TextFlag(std::string_view flag, Flags* flags) {
  if (flag == "--trace") return &flags->trace;
  if (flag == "--raft-trace") return &flags->raft_trace;
  if (flag == "--html") return &flags->see.html;
  if (flag == "--perfetto") return &flags->see.perfetto;
  if (flag == "--plant") return &flags->determinism.plant;
  if (flag == "--window") return &flags->determinism.window;
  if (flag == "--out") return &flags->determinism.out;
  if (flag == "--file") return &flags->determinism.file;
  return nullptr;
}

// What a flag without a value switches on; null: it is no such flag.
bool* SwitchFlag(std::string_view flag, Flags* flags) {
  if (flag == "--until-violation") return &flags->until_violation;
  if (flag == "--markdown") return &flags->markdown;
  if (flag == "--require-all-faults") return &flags->require_all_faults;
  if (flag == "--rewrite") return &flags->determinism.rewrite;
  return nullptr;
}

StatusOr<Flags> ParseFlags(const std::vector<std::string>& args) {
  Flags flags;
  flags.run.scenario = kAnyScenario;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string flag = args[i], value;
    if (bool* const on = SwitchFlag(flag, &flags)) {
      *on = true;
      continue;
    }
    const size_t equals = flag.find('=');
    if (equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    } else if (i + 1 < args.size()) {
      value = args[++i];
    } else {
      return InvalidArgument("'", flag, "' is no flag, or lacks its value");
    }
    uint64_t number = 0;
    if (flag == "--scenario") {
      flags.run.scenario = value;
    } else if (flag == "--mutant") {
      flags.run.mutants.push_back(value);
    } else if (flag == "--fault") {
      flags.run.faults.push_back(value);
    } else if (flag == "--history") {
      flags.history = value;
      flags.run.keep_histories = true;
    } else if (std::string* const text = TextFlag(flag, &flags)) {
      *text = value;
    } else if (flag == "--checkpoint-every") {
      QR_RETURN_IF_ERROR(
          ParseNumber(flag, value, uint64_t{1} << 32, &flags.determinism.checkpoint_every));
      if (flags.determinism.checkpoint_every == 0) return InvalidArgument(flag, " wants 1 or more");
    } else if (flag == "--log") {
      QR_RETURN_IF_ERROR(ParseLevel(value, &flags.run.log_level));
      flags.run.print_logs = true;
    } else if (flag == "--seed") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, UINT64_MAX, &flags.run.seed));
    } else if (flag == "--seeds") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, uint64_t{1} << 40, &flags.seeds));
    } else if (flag == "--first") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, UINT64_MAX >> 1, &flags.first));
    } else if (flag == "--repeats") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, 100, &flags.repeats));
    } else if (flag == "--jobs") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, kJobsMax, &number));
      flags.jobs = static_cast<int>(std::max<uint64_t>(number, 1));
    } else if (flag == "--nodes") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, 100, &number));
      flags.run.nodes = static_cast<int>(number);
    } else if (flag == "--seconds") {
      QR_RETURN_IF_ERROR(ParseNumber(flag, value, 1'000'000, &number));
      flags.run.seconds = static_cast<int64_t>(number);
    } else {
      return InvalidArgument("no flag ", flag);
    }
  }
  QR_RETURN_IF_ERROR(CheckOptions(flags.run));
  if (!flags.raft_trace.empty() && flags.see.any()) {
    return InvalidArgument("--raft-trace stands alone: one at a time watches a run");
  }
  return flags;
}

std::string Seconds(int64_t ns) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.3f", static_cast<double>(ns) / 1e9);
  return text;
}

void PrintCounts(std::string_view title, const std::map<std::string, uint64_t>& counts) {
  std::cout << title << ':';
  for (const auto& [name, count] : counts) std::cout << ' ' << name << ' ' << count;
  std::cout << '\n';
}

void PrintViolation(const RunReport& report, const RunOptions& options) {
  std::cout << "VIOLATION " << report.violation << "\nreplay: " << ReplayCommand(options) << '\n';
}

// False: a file could not be written.
bool WriteHistories(const std::string& path, const std::vector<RunHistory>& histories) {
  for (const RunHistory& history : histories) {
    const std::string name = histories.size() == 1 ? path : StrCat(path, ".", history.workload);
    std::ofstream file(name, std::ios::trunc);
    file << history.text;
    if (!file.flush()) {
      std::cerr << "quadraft-sim: cannot write " << name << '\n';
      return false;
    }
    std::cout << "history: " << name;
    if (!history.model.empty())
      std::cout << "   quadraft check --model " << history.model << ' ' << name;
    std::cout << '\n';
  }
  return true;
}

int RunCommand(const Flags& flags, RunOptions options) {
  std::ofstream trace;
  if (!flags.trace.empty()) {
    trace.open(flags.trace, std::ios::trunc);
    if (!trace) {
      std::cerr << "quadraft-sim: cannot write " << flags.trace << '\n';
      return 2;
    }
    options.trace = &trace;
  }
  Recorder recorder({.log_level = options.log_level});
  if (flags.see.any()) options.observer = &recorder;
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<RunReport> done = flags.raft_trace.empty()
                                       ? StatusOr<RunReport>(RunScenario(options))
                                       : RunAndWriteTrace(options, flags.raft_trace);
  if (!done.ok()) {
    std::cerr << "quadraft-sim: " << Message(done.status()) << '\n';
    return 2;
  }
  const RunReport& report = *done;
  const int64_t wall_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start)
          .count();
  if (flags.see.any()) {
    const Status written = WriteRecording(recorder.recording(), options, report, flags.see);
    if (!written.ok()) {
      std::cerr << "quadraft-sim: " << Message(written) << '\n';
      return 2;
    }
  }
  std::cout << report.description << '\n';
  PrintCounts("faults", report.faults);
  PrintCounts("points", report.points);
  PrintCounts("marks", report.marks);
  std::cout << "operations: " << report.operations << '\n';
  if (!WriteHistories(flags.history, report.histories)) return 2;
  if (!report.violation.empty()) {
    std::cout << report.log_tail;
    PrintViolation(report, options);
  }
  std::cout << "seed=" << options.seed << " events=" << report.events
            << " sim_seconds=" << Seconds(report.sim_ns) << " wall_seconds=" << Seconds(wall_ns)
            << " hash=" << report.hash.ToHex()
            << " verdict=" << (report.violation.empty() ? "ok" : "VIOLATION") << std::endl;
  return report.violation.empty() ? 0 : 1;
}

// Kinds that began nowhere, or took no effect: what was not tried has not been survived.
std::vector<std::string_view> NeverFired(const SwarmResult& total) {
  std::vector<std::string_view> kinds;
  for (const FaultRow& row : FaultTable()) {
    if (!total.faults.contains(std::string(row.name))) kinds.push_back(row.name);
  }
  return kinds;
}

int SwarmCommand(const Flags& flags) {
  const SwarmOptions options{.run = flags.run,
                             .first = flags.first,
                             .seeds = flags.seeds > 0 ? flags.seeds : 100,
                             .jobs = flags.jobs,
                             .violations_max = flags.until_violation ? 1 : 0};
  const SwarmResult total = RunSwarm(options, [&](const SeedResult& result) {
    if (result.report.violation.empty()) return;
    const RunOptions run = ForSeed(flags.run, result.seed);
    std::cout << "seed=" << result.seed << ' ';
    PrintViolation(result.report, run);
    std::cout << std::flush;
  });
  PrintCounts("faults", total.faults);
  PrintCounts("points", total.points);
  PrintCounts("marks", total.marks);
  const std::vector<std::string_view> never = NeverFired(total);
  if (flags.require_all_faults) {
    std::cout << "kinds=" << FaultTable().size() << " fired=" << FaultTable().size() - never.size()
              << '\n';
    for (const std::string_view name : never) std::cout << "NEVER FIRED " << name << '\n';
  }
  const double wall = static_cast<double>(std::max<int64_t>(total.wall_ns, 1)) / 1e9;
  char rates[120];
  std::snprintf(
      rates, sizeof(rates), "events_per_second=%.0f simulated_over_real=%.1f cpu_seconds=%.1f",
      static_cast<double>(total.events) / wall, static_cast<double>(total.sim_ns) / 1e9 / wall,
      static_cast<double>(total.cpu_us) / 1e6);
  std::cout << "seeds=" << total.seeds << " ok=" << total.seeds - total.violations
            << " violations=" << total.violations << ' ' << rates
            << " wall_seconds=" << Seconds(total.wall_ns)
            << " verdict=" << (total.violations == 0 ? "ok" : "VIOLATION") << std::endl;
  const bool tried = never.empty() || !flags.require_all_faults;
  return total.violations == 0 && tried ? 0 : 1;
}

int ListCommand() {
  std::cout << "scenarios\n";
  for (const ScenarioRow& row : ScenarioTable())
    std::cout << "  " << row.name << ": " << row.what << '\n';
  std::cout << "faults\n";
  for (const FaultRow& row : FaultTable())
    std::cout << "  " << row.name << ": " << row.what << '\n';
  std::cout << "invariants\n";
  for (const InvariantRow& row : InvariantTable()) {
    std::cout << "  " << row.name << ": " << row.what << " (" << row.when << "; " << row.where
              << ")\n";
  }
  std::cout << "mutants\n";
  for (const MutantRow& row : MutantTable())
    std::cout << "  " << row.name << ": " << row.what << '\n';
  std::cout << "points (SIM_MAYBE)\n";
  for (const std::string_view name : SimMaybeNames()) std::cout << "  " << name << '\n';
  std::cout << "marks (SIM_SOMETIMES)\n";
  for (const std::string_view name : SimSometimesNames()) std::cout << "  " << name << '\n';
  return 0;
}

int Main(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "help" || args[0] == "--help") {
    (args.empty() ? std::cerr : std::cout) << kUsage;
    return args.empty() ? 2 : 0;
  }
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  if (args[0] == "replay") return ReplayTape(rest);
  if (args[0] == "explore") return ExploreTapes(rest);
  if (args[0] == "trace-check") return CheckTraces(rest);
  if (args[0] == "shrink") return ShrinkTape(rest);
  const StatusOr<Flags> flags = ParseFlags({args.begin() + 1, args.end()});
  if (!flags.ok()) {
    std::cerr << "quadraft-sim: " << Message(flags.status()) << "\n" << kUsage;
    return 2;
  }
  if (args[0] == "run") {
    RunOptions run = flags->run;
    if (run.scenario == kAnyScenario) run.scenario = "register";
    return RunCommand(*flags, std::move(run));
  }
  if (args[0] == "swarm") return SwarmCommand(*flags);
  if (args[0] == "nightly") {
    Flags all = *flags;
    all.require_all_faults = true;
    if (all.seeds == 0) all.seeds = 2000;
    return SwarmCommand(all);
  }
  if (args[0] == "verify") {
    return VerifyCommand(flags->run, flags->determinism, flags->first,
                         flags->seeds > 0 ? flags->seeds : 20, flags->jobs);
  }
  if (args[0] == "golden") return GoldenCommand(flags->determinism);
  if (args[0] == "probe") return ProbeCommand(flags->run, flags->determinism);
  if (args[0] == "mutants") {
    return MutantsCommand({.run = flags->run,
                           .first = flags->first,
                           .seeds = flags->seeds > 0 ? flags->seeds : 2000,
                           .repeats = std::max<uint64_t>(flags->repeats, 1),
                           .jobs = flags->jobs,
                           .markdown = flags->markdown});
  }
  if (args[0] == "list") return ListCommand();
  std::cerr << "quadraft-sim: no command '" << args[0] << "'\n" << kUsage;
  return 2;
}

}  // namespace
}  // namespace quadraft::sim

int main(int argc, char** argv) { return quadraft::sim::Main({argv + 1, argv + argc}); }
