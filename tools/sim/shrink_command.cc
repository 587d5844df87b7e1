// quadraft-sim shrink SEED|TAPE: a failing run made small, as a scenario file.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <utility>

#include "sim/explore/shrink.h"
#include "tools/sim/arguments.h"
#include "tools/sim/commands.h"
#include "tools/sim/swarm.h"
#include "tools/sim/workers.h"

namespace quadraft::sim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kTriesMeasured = 40;
constexpr uint64_t kFailuresWanted = 5;  // Of the seeds that a scenario file tries.
constexpr uint64_t kTriesMax = 200;

struct ShrinkFlags {
  RunOptions run;
  std::string what;
  std::string out;
  int jobs = 1;
  uint64_t seconds = 270;
};

StatusOr<ShrinkFlags> Parse(Arguments args) {
  ShrinkFlags flags;
  QR_ASSIGN_OR_RETURN(flags.run, args.Run());
  QR_ASSIGN_OR_RETURN(const auto out, args.Text("--out"));
  if (out) flags.out = *out;
  QR_ASSIGN_OR_RETURN(const uint64_t jobs, args.Number("--jobs", 1, kJobsMax));
  flags.jobs = static_cast<int>(std::max<uint64_t>(1, jobs));
  QR_ASSIGN_OR_RETURN(flags.seconds, args.Number("--time", flags.seconds, 1'000'000));
  const std::optional<std::string> what = args.Word();
  if (!what) return InvalidArgument("shrink wants a seed or a tape file");
  flags.what = *what;
  QR_RETURN_IF_ERROR(args.Done());
  return flags;
}

std::vector<WorkerJob> AsJobs(const std::vector<Tape>& tapes, bool to_end, bool record) {
  std::vector<WorkerJob> jobs;
  for (const Tape& tape : tapes) jobs.push_back({.tape = tape, .finish = to_end, .record = record});
  return jobs;
}

// How many seeds, from the tape's own on, make at least a few of them fail: what a scenario file
// tries, so that it still finds its failure when the code around it has moved.
uint64_t MeasureTries(const Tape& tape, Workers* workers, uint64_t* failures) {
  std::vector<Tape> variants;
  for (uint64_t i = 0; i < kTriesMeasured; ++i) {
    variants.push_back(tape);
    variants.back().seed += i;
  }
  std::vector<bool> failed(variants.size());
  FindFirst(workers, AsJobs(variants, true, false), [&](size_t index, const RunReport& report) {
    failed[index] = FailureKey(report.violation) == tape.expect;
    return false;
  });
  *failures = static_cast<uint64_t>(std::count(failed.begin(), failed.end(), true));
  return std::min(kTriesMax,
                  kTriesMeasured * kFailuresWanted / std::max<uint64_t>(1, *failures) + 1);
}

void Print(const Tape& before, size_t operations_before, const ShrinkResult& small, double seconds,
           uint64_t failures) {
  const Tape& after = small.tape;
  char line[200];
  const double less = before.faults.empty()
                          ? 0
                          : 100.0 * (1.0 - static_cast<double>(after.faults.size()) /
                                               static_cast<double>(before.faults.size()));
  std::snprintf(line, sizeof(line),
                "faults %zu -> %zu (%.1f %% fewer), outsiders %zu -> %zu, nodes %lld -> %lld, ",
                before.faults.size(), after.faults.size(), less, before.outsiders.size(),
                after.outsiders.size(), static_cast<long long>(before.settings["nodes"]),
                static_cast<long long>(after.settings["nodes"]));
  std::cout << line << "operations " << operations_before << " -> "
            << (after.listed ? StrCat(after.operations.size()) : std::string("drawn")) << ", ends "
            << FormatDuration(before.beyond_end) << " -> " << FormatDuration(after.beyond_end);
  std::snprintf(
      line, sizeof(line), "\nshrink runs=%llu seconds=%.1f finished=%s fails_in=%llu/%llu\n",
      static_cast<unsigned long long>(small.candidates), seconds, small.finished ? "yes" : "no",
      static_cast<unsigned long long>(failures), static_cast<unsigned long long>(kTriesMeasured));
  std::cout << line << std::flush;
}

int Shrink(const ShrinkFlags& flags, Tape tape) {
  const auto start = SteadyClock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
  };
  const RunReport first = RunTapeApart(tape);
  if (first.violation.empty()) {
    std::cout << "no violation: nothing to shrink\n";
    return 1;
  }
  if (tape.expect.empty()) tape.expect = FailureKey(first.violation);
  std::cout << "shrinking: " << tape.expect << "\n  " << first.violation << std::endl;
  Workers workers(flags.jobs);
  Shrinker shrinker(
      [&](const std::vector<Tape>& tapes, bool to_end) -> std::optional<Shrinker::Found> {
        std::optional<FirstDone> found = FindFirst(
            &workers, AsJobs(tapes, to_end, true), [&](size_t index, const RunReport& report) {
              return FailureKey(report.violation) == tapes[index].expect;
            });
        if (!found) return std::nullopt;
        return Shrinker::Found{found->index, std::move(found->report)};
      },
      [&] { return elapsed() > static_cast<double>(flags.seconds); });
  ShrinkResult small = shrinker.Shrink(tape);
  uint64_t failures = 0;
  small.tape.tries = MeasureTries(small.tape, &workers, &failures);
  // In a process of its own, from the text that is handed out.
  const std::string text = FormatTape(small.tape);
  const StatusOr<Tape> read = ParseTape(text);
  if (!read.ok() || FailureKey(RunTapeApart(*read).violation) != tape.expect) {
    std::cerr << "quadraft-sim: the small tape does not fail as the large one did\n" << text;
    return 2;
  }
  const StatusOr<Tape> recorded = ParseTape(first.tape);
  Print(tape, recorded.ok() ? recorded->operations.size() : 0, small, elapsed(), failures);
  if (flags.out.empty()) {
    std::cout << text << std::flush;
    return 0;
  }
  const Status written = WriteWhole(flags.out, text);
  if (!written.ok()) {
    std::cerr << "quadraft-sim: " << Message(written) << '\n';
    return 2;
  }
  return 0;
}

}  // namespace

int ShrinkTape(std::vector<std::string> args) {
  const StatusOr<ShrinkFlags> flags = Parse(Arguments(std::move(args)));
  StatusOr<Tape> tape =
      flags.ok() ? SeedOrTape(flags->what, flags->run) : StatusOr<Tape>(flags.status());
  if (!tape.ok()) {
    std::cerr << "quadraft-sim: " << Message(tape.status()) << '\n';
    return 2;
  }
  return Shrink(*flags, *std::move(tape));
}

}  // namespace quadraft::sim
