#include "sim/explore/run.h"

#include <sstream>

#include "gtest/gtest.h"

namespace quadraft::sim {
namespace {

TEST(RunTest, TheSameSeedGivesTheSameRunAnotherSeedAnotherOne) {
  for (const std::string scenario : {"log", "register"}) {
    const RunReport a = RunScenario({.scenario = scenario, .seed = 5, .seconds = 2});
    const RunReport b = RunScenario({.scenario = scenario, .seed = 5, .seconds = 2});
    const RunReport c = RunScenario({.scenario = scenario, .seed = 6, .seconds = 2});
    EXPECT_EQ(a.violation, "") << a.log_tail;
    EXPECT_EQ(a.hash, b.hash) << scenario;
    EXPECT_EQ(a.events, b.events) << scenario;
    EXPECT_EQ(a.operations, b.operations) << scenario;
    EXPECT_NE(a.hash, c.hash) << scenario;
    EXPECT_GT(a.events, 1000u) << scenario;
  }
}

TEST(RunTest, ATraceAndKeptLogsDoNotChangeTheRun) {
  std::ostringstream trace;
  const RunReport with = RunScenario({.scenario = "log", .seed = 9, .seconds = 2, .trace = &trace});
  const RunReport without = RunScenario({.scenario = "log", .seed = 9, .seconds = 2});
  EXPECT_EQ(with.hash, without.hash);
  EXPECT_GT(trace.str().size(), 10'000u);
  EXPECT_NE(trace.str().find(" message "), std::string::npos);
}

TEST(RunTest, NodesAndFaultsCanBeChosen) {
  const RunReport report = RunScenario(
      {.scenario = "log", .seed = 3, .nodes = 5, .seconds = 20, .faults = {"crash", "pause"}});
  EXPECT_EQ(report.violation, "") << report.log_tail;
  EXPECT_NE(report.description.find("5 nodes"), std::string::npos);
  ASSERT_FALSE(report.faults.empty());
  for (const auto& [name, count] : report.faults)
    EXPECT_TRUE(name == "crash" || name == "pause") << name;
}

TEST(RunTest, BadOptionsAreRefused) {
  EXPECT_TRUE(CheckOptions({}).ok());
  EXPECT_FALSE(CheckOptions({.scenario = "none"}).ok());
  EXPECT_FALSE(CheckOptions({.nodes = 1000}).ok());
  EXPECT_FALSE(CheckOptions({.mutants = {"none"}}).ok());
  EXPECT_FALSE(CheckOptions({.faults = {"none"}}).ok());
}

TEST(RunTest, TheReplayCommandHasEveryChoice) {
  EXPECT_EQ(ReplayCommand({.seed = 7,
                           .nodes = 5,
                           .seconds = 9,
                           .mutants = {"commit-old-term"},
                           .faults = {"kill"}}),
            "quadraft-sim run --scenario register --seed 7 --nodes 5 --seconds 9 --mutant "
            "commit-old-term --fault kill");
}

// Each planted bug is found within a bounded number of seeds of the quick scenario, and by a safety
// checker or a stall.
class EachMutant : public testing::TestWithParam<std::string> {};

TEST_P(EachMutant, IsFound) {
  constexpr uint64_t kSeedsMax = 1500;
  RunOptions options{.scenario = "log", .mutants = {GetParam()}};
  for (options.seed = 1; options.seed <= kSeedsMax; ++options.seed) {
    if (RunScenario(options).violation.empty()) continue;
    RunOptions plain = options;
    plain.mutants.clear();
    EXPECT_EQ(RunScenario(plain).violation, "") << "a real bug, without the planted one";
    return;
  }
  ADD_FAILURE() << GetParam() << " lived through " << kSeedsMax << " seeds";
}

INSTANTIATE_TEST_SUITE_P(All, EachMutant, testing::Values("ack-before-sync", "commit-old-term"),
                         [](const auto& info) {
                           return info.param == "ack-before-sync" ? "AckBeforeSync"
                                                                  : "CommitOldTerm";
                         });

}  // namespace
}  // namespace quadraft::sim
