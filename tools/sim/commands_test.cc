// The search, the shrinker and replay, end to end, on a planted bug that random seeds find in
// seconds.
#include "tools/sim/commands.h"

#include <cstdlib>
#include <memory>

#include "gtest/gtest.h"
#include "sim/explore/shrink.h"
#include "tools/sim/arguments.h"
#include "tools/sim/compare.h"
#include "tools/sim/explorer.h"
#include "tools/sim/swarm.h"
#include "tools/sim/workers.h"

namespace quadraft::sim {
namespace {

constexpr char kBug[] = "ack-before-sync";

ExploreResult Search(uint64_t seed) {
  return Explorer({.run = {.scenario = "log", .mutants = {kBug}},
                   .seed = seed,
                   .cpu_us_max = 60'000'000})
      .Search();
}

std::string InTestDir(std::string_view name) { return StrCat(::testing::TempDir(), "/", name); }

TEST(WorkersTest, OneProcessGivesEachTapeTheHashThatAProcessOfItsOwnGivesIt) {
  const Tape a = DrawTape({.scenario = "log", .seed = 1, .seconds = 2});
  const Tape b = DrawTape({.scenario = "register", .seed = 2, .seconds = 2});
  Workers workers(1);
  uint64_t id = 0;
  for (const Tape& tape : {a, b, a}) {
    ++id;
    workers.Start(id, {.tape = tape, .record = true, .features = id > 1});
    const Workers::Done done = workers.Await();
    EXPECT_EQ(done.id, id);
    EXPECT_EQ(done.report.hash, RunTapeApart(tape).hash);
    EXPECT_EQ(done.features.empty(), id == 1) << id;
    EXPECT_TRUE(ParseTape(done.report.tape).ok());
  }
  EXPECT_GT(workers.cpu_us(), 0);
}

TEST(WorkersTest, WithoutFinishARunEndsWithItsFaults) {
  const Tape tape = DrawTape({.scenario = "log", .seed = 1, .seconds = 2});
  Workers workers(2);
  workers.Start(1, {.tape = tape, .finish = false});
  const Workers::Done done = workers.Await();
  EXPECT_EQ(Duration(done.report.sim_ns), tape.beyond_end);
  EXPECT_EQ(done.report.violation, "");
}

TEST(ExplorerTest, ATapeThatItFoundFailsFromItsBeginningAndPassesWithoutTheBug) {
  const ExploreResult found = Search(1);
  ASSERT_NE(found.violation, "");
  StatusOr<Tape> tape = ParseTape(found.tape);
  ASSERT_TRUE(tape.ok()) << tape.status();
  EXPECT_EQ(RunTapeApart(*tape).violation, found.violation) << found.tape;
  tape->mutants.clear();
  EXPECT_EQ(RunTapeApart(*tape).violation, "");
}

TEST(ExplorerTest, WithOneJobTheSearchIsAFunctionOfItsSeed) {
  const ExploreResult a = Search(2), b = Search(2);
  EXPECT_NE(a.violation, "");
  EXPECT_EQ(a.tape, b.tape);
  EXPECT_EQ(a.runs, b.runs);
  EXPECT_EQ(a.features, b.features);
  EXPECT_GT(a.features, 50u);
}

TEST(ExplorerTest, WithoutABugItEndsWithItsBudget) {
  const ExploreResult none =
      Explorer({.run = {.scenario = "log"}, .seed = 3, .cpu_us_max = 3'000'000}).Search();
  EXPECT_EQ(none.violation, "") << none.tape;
  EXPECT_GT(none.drawn, 0u);
  EXPECT_GT(none.continued + none.mutated, 0u);
  EXPECT_GT(none.finished, 0u);
}

TEST(ExplorerTest, UnguidedItDrawsEachTapeAndLearnsNothing) {
  const ExploreResult found = Explorer({.run = {.scenario = "log", .mutants = {kBug}},
                                        .seed = 4,
                                        .cpu_us_max = 60'000'000,
                                        .guided = false})
                                  .Search();
  EXPECT_NE(found.violation, "");
  EXPECT_EQ(found.drawn, found.runs);
  EXPECT_EQ(found.features, 0u);
}

TEST(CompareTest, PrintsABugsThreeTimesTheMediansAndDrawsTheCurves) {
  const std::string svg = InTestDir("compare.svg");
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(CompareSearch({.search = {.run = {.scenario = "log", .mutants = {"conflict-kept"}},
                                      .cpu_us_max = 20'000'000},
                           .trials = 1,
                           .seeds_over = 1'000'000,
                           .svg = svg}),
            0);
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(out.find("conflict-kept log seeds="), std::string::npos) << out;
  EXPECT_NE(out.find(" bugs=1 all trials=1"), std::string::npos) << out;
  EXPECT_NE(out.find(" bugs=0 those"), std::string::npos) << out;
  const StatusOr<std::string> curves = ReadWhole(svg);
  ASSERT_TRUE(curves.ok());
  EXPECT_NE(curves->find("</svg>"), std::string::npos);
}

TEST(ShrinkerTest, TheSameFailureStaysAndNearlyAllFaultsGo) {
  RunOptions options{.scenario = "log", .mutants = {"append-matches-by-index"}};
  Tape tape = DrawTape(options);
  while (tape.expect.empty()) {
    ASSERT_LT(++options.seed, 500u) << "no failing tape that can be shrunk in the time given";
    tape = DrawTape(options);
    if (tape.faults.size() < 10 || tape.faults.size() > 80) continue;
    tape.expect = FailureKey(RunTapeApart(tape).violation);
  }
  Workers workers(1);
  Shrinker shrinker(
      [&](const std::vector<Tape>& tapes, bool to_end) -> std::optional<Shrinker::Found> {
        std::vector<WorkerJob> jobs;
        for (const Tape& each : tapes)
          jobs.push_back({.tape = each, .finish = to_end, .record = true});
        std::optional<FirstDone> found =
            FindFirst(&workers, jobs, [&](size_t i, const RunReport& report) {
              return FailureKey(report.violation) == tapes[i].expect;
            });
        if (!found) return std::nullopt;
        return Shrinker::Found{found->index, std::move(found->report)};
      },
      [&] { return workers.cpu_us() > 12'000'000; });
  const ShrinkResult small = shrinker.Shrink(tape);
  EXPECT_EQ(FailureKey(RunTapeApart(small.tape).violation), tape.expect);
  EXPECT_LE(small.tape.faults.size() * 4, tape.faults.size()) << FormatTape(small.tape);
  EXPECT_LE(small.tape.beyond_end, tape.beyond_end);
}

TEST(ReplayTest, WritesThePageAndTheTraceOfATapeFile) {
  Tape tape = DrawTape({.scenario = "log", .seed = 5, .seconds = 2});
  const std::string file = InTestDir("five.tape"), html = InTestDir("five.html"),
                    perfetto = InTestDir("five.json");
  ASSERT_TRUE(WriteWhole(file, FormatTape(tape)).ok());
  ASSERT_EQ(ReplayTape({file, "--until", "2s", "--html", html, "--perfetto", perfetto}), 0);
  const StatusOr<std::string> page = ReadWhole(html), trace = ReadWhole(perfetto);
  ASSERT_TRUE(page.ok() && trace.ok());
  EXPECT_NE(page->find("</html>"), std::string::npos);
  EXPECT_NE(page->find(StrCat("quadraft-sim replay ", file)), std::string::npos);
  EXPECT_NE(trace->find("traceEvents"), std::string::npos);
  EXPECT_EQ(ReplayTape({file, "--html", "/nowhere/x.html"}), 2);
  EXPECT_EQ(ReplayTape({"--until"}), 2);
}

TEST(ReplayTest, BreaksAtTheInvariantOfAFoundTape) {
  const std::string file = InTestDir("found.tape");
  // One that is seen when the run ends breaks nowhere.
  uint64_t seed = 1;
  ExploreResult found = Search(seed);
  while (found.violation.rfind("progress", 0) == 0 && seed < 10) found = Search(++seed);
  ASSERT_TRUE(WriteWhole(file, found.tape).ok());
  EXPECT_EQ(ReplayTape({file}), 1);
  EXPECT_EQ(ReplayTape({file, "--break-on", "any"}), 0);
}

}  // namespace
}  // namespace quadraft::sim
