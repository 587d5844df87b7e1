// quadraft-sim replay SEED|TAPE: one run again, to its end or to any step of it.
#include <chrono>
#include <iostream>
#include <utility>

#include "sim/explore/scenario.h"
#include "sim/trace/recorder.h"
#include "tools/sim/arguments.h"
#include "tools/sim/commands.h"
#include "tools/sim/see.h"

namespace quadraft::sim {
namespace {

struct Replay {
  RunOptions options;
  std::string record;  // File for the tape with every operation listed.
  SeeFiles see;
};

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

StatusOr<Replay> Parse(Arguments args) {
  Replay replay;
  QR_ASSIGN_OR_RETURN(const RunOptions run, args.Run());
  QR_ASSIGN_OR_RETURN(const auto until, args.Text("--until"));
  if (until) {
    const StatusOr<uint64_t> event = ParseCount(*until);
    if (event.ok()) {
      replay.options.stop.event = *event;
    } else {
      QR_ASSIGN_OR_RETURN(replay.options.stop.time, ParseTime(*until));
    }
  }
  QR_ASSIGN_OR_RETURN(const auto invariant, args.Text("--break-on"));
  if (invariant) replay.options.stop.invariant = *invariant;
  QR_ASSIGN_OR_RETURN(const auto level, args.Text("--log"));
  if (level) {
    QR_RETURN_IF_ERROR(ParseLevel(*level, &replay.options.log_level));
    replay.options.print_logs = true;
  }
  QR_ASSIGN_OR_RETURN(const auto record, args.Text("--record"));
  if (record) replay.record = *record;
  replay.options.record = record.has_value();
  QR_ASSIGN_OR_RETURN(const auto html, args.Text("--html"));
  QR_ASSIGN_OR_RETURN(const auto perfetto, args.Text("--perfetto"));
  replay.see.html = html.value_or("");
  replay.see.perfetto = perfetto.value_or("");
  const std::optional<std::string> what = args.Word();
  if (!what) return InvalidArgument("replay wants a seed or a tape file");
  QR_RETURN_IF_ERROR(args.Done());
  QR_ASSIGN_OR_RETURN(Tape tape, SeedOrTape(*what, run));
  // For who reads the page; the run itself follows the tape.
  replay.options.scenario = tape.scenario->name;
  replay.options.seed = tape.seed;
  replay.options.mutants = tape.mutants;
  replay.see.command = StrCat("quadraft-sim replay ", *what);
  if (ParseCount(*what).ok()) {
    RunOptions drawn = run;
    drawn.scenario = tape.scenario->name;
    drawn.seed = tape.seed;
    replay.see.command = ReplayCommand(drawn);
  }
  replay.options.tape = std::make_shared<const Tape>(std::move(tape));
  return replay;
}

}  // namespace

int ReplayTape(std::vector<std::string> args) {
  StatusOr<Replay> replay = Parse(Arguments(std::move(args)));
  if (!replay.ok()) {
    std::cerr << "quadraft-sim: " << Message(replay.status()) << '\n';
    return 2;
  }
  Recorder recorder({.log_level = replay->options.log_level});
  if (replay->see.any()) replay->options.observer = &recorder;
  const RunReport report = RunScenario(replay->options);
  const Status seen =
      replay->see.any() ? WriteRecording(recorder.recording(), replay->options, report, replay->see)
                        : OkStatus();
  if (!seen.ok()) {
    std::cerr << "quadraft-sim: " << Message(seen) << '\n';
    return 2;
  }
  std::cout << report.description << "\noperations: " << report.operations << '\n' << report.state;
  if (!report.stopped.empty()) std::cout << "stopped at " << report.stopped << '\n';
  if (!report.violation.empty()) {
    std::cout << report.log_tail << "VIOLATION " << report.violation << '\n';
  }
  if (!replay->record.empty()) {
    const Status written = WriteWhole(replay->record, report.tape);
    if (!written.ok()) {
      std::cerr << "quadraft-sim: " << Message(written) << '\n';
      return 2;
    }
  }
  std::cout << "events=" << report.events << " sim_time=" << FormatDuration(Duration(report.sim_ns))
            << " hash=" << report.hash.ToHex() << " verdict="
            << (!report.stopped.empty()    ? "stopped"
                : report.violation.empty() ? "ok"
                                           : "VIOLATION")
            << std::endl;
  return report.violation.empty() ? 0 : 1;
}

}  // namespace quadraft::sim
