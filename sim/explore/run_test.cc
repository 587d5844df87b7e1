#include "sim/explore/run.h"

#include <memory>
#include <sstream>

#include "gtest/gtest.h"
#include "jepsen/history/read_history.h"
#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

TEST(RunTest, TheSameSeedGivesTheSameRunAnotherSeedAnotherOne) {
  for (const ScenarioRow& row : ScenarioTable()) {
    const std::string scenario(row.name);
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

TEST(RunTest, AHistoryPerWorkload) {
  RunOptions options{.scenario = "mixed", .seed = 4, .seconds = 1};
  EXPECT_TRUE(RunScenario(options).histories.empty());
  options.keep_histories = true;
  const RunReport report = RunScenario(options);
  ASSERT_GE(report.histories.size(), 2u);
  for (const RunHistory& history : report.histories) {
    const auto read = jepsen::ReadHistory(history.text);
    ASSERT_TRUE(read.ok()) << history.workload << ": " << ToString(read.status());
    EXPECT_GT(read->size(), 20u) << history.workload;
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
  EXPECT_NE(report.description.find("nodes=5"), std::string::npos);
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

TEST(RunTest, ARecordedTapeIsTheSameRun) {
  for (const ScenarioRow& row : ScenarioTable()) {
    const std::string scenario(row.name);
    const RunReport drawn =
        RunScenario({.scenario = scenario, .seed = 12, .seconds = 4, .record = true});
    ASSERT_EQ(drawn.violation, "") << drawn.log_tail;
    const StatusOr<Tape> tape = ParseTape(drawn.tape);
    ASSERT_TRUE(tape.ok()) << tape.status();
    EXPECT_TRUE(tape->listed);
    EXPECT_GT(tape->operations.size(), 50u);
    const RunReport again =
        RunScenario({.tape = std::make_shared<const Tape>(*tape), .record = true});
    EXPECT_EQ(again.hash, drawn.hash) << scenario;
    EXPECT_EQ(again.events, drawn.events) << scenario;
    EXPECT_EQ(again.tape, drawn.tape) << scenario;
  }
}

TEST(RunTest, AnOperationThatIsTakenOutIsNotDone) {
  // A fault that unseats no leader: what else happens is the same with and without.
  const RunReport drawn = RunScenario(
      {.scenario = "log", .seed = 12, .seconds = 4, .faults = {"clock-skew"}, .record = true});
  StatusOr<Tape> tape = ParseTape(drawn.tape);
  ASSERT_TRUE(tape.ok()) << tape.status();
  tape->operations.clear();
  const RunReport idle = RunScenario({.tape = std::make_shared<const Tape>(*tape), .record = true});
  EXPECT_EQ(idle.violation, "") << idle.log_tail;
  EXPECT_EQ(ParseTape(idle.tape)->operations.size(), 0u);
  EXPECT_LT(idle.events, drawn.events);
}

TEST(RunTest, SizesOneToSevenComeToRestWithTheirOutsidersBroken) {
  for (int nodes = 1; nodes <= 7; ++nodes) {
    Tape tape = DrawTape({.scenario = "log", .seed = 77, .nodes = nodes, .seconds = 3});
    tape.outsiders.clear();
    for (int i = 0; i < (nodes - 1) / 2; ++i)
      tape.outsiders.push_back(
          {NodeId{static_cast<uint64_t>(nodes - i)}, static_cast<Fate>(i % 3)});
    const RunReport report = RunScenario({.tape = std::make_shared<const Tape>(tape)});
    EXPECT_EQ(report.violation, "") << nodes << " nodes\n" << report.state << report.log_tail;
  }
}

TEST(RunTest, AStopIsWhereItWasAskedForAndShowsTheNodes) {
  // A fault that unseats no leader.
  RunOptions options{
      .scenario = "log", .seed = 9, .nodes = 3, .seconds = 2, .faults = {"clock-skew"}};
  const uint64_t events = RunScenario(options).events;
  options.stop.event = events / 2;
  const RunReport at_event = RunScenario(options);
  EXPECT_EQ(at_event.events, events / 2);
  EXPECT_EQ(at_event.violation, "");
  EXPECT_EQ(at_event.stopped, StrCat("event ", events / 2));
  EXPECT_NE(at_event.state.find("n1 up "), std::string::npos) << at_event.state;
  EXPECT_NE(at_event.state.find(" leader term "), std::string::npos) << at_event.state;
  EXPECT_EQ(RunScenario(options).hash, at_event.hash);
  options.stop = {.time = milliseconds(1500)};
  const RunReport at_time = RunScenario(options);
  EXPECT_GE(at_time.sim_ns, 1'500'000'000);
  EXPECT_LT(at_time.sim_ns, 1'510'000'000);
}

TEST(RunTest, AFailureKeyLeavesOutNodesAndValues) {
  EXPECT_EQ(FailureKey("raft: leader completeness: node 3 leads term 4"),
            "raft: leader completeness");
  EXPECT_EQ(FailureKey("raft: commit index of node 2 went back"), "raft");
  EXPECT_EQ(FailureKey("stale read: node 1 read at index 3"), "stale read");
  EXPECT_EQ(FailureKey("acknowledged write lost: e12 of set 0"), "acknowledged write lost");
  EXPECT_EQ(FailureKey("linearizability: violated. More"), "linearizability");
}

}  // namespace
}  // namespace quadraft::sim
