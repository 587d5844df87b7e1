#include "sim/explore/tape.h"

#include "gtest/gtest.h"
#include "sim/explore/run.h"
#include "sim/explore/scenario.h"

namespace quadraft::sim {
namespace {

constexpr std::string_view kExample = R"(quadraft-tape 1
scenario log
seed 42
tries 5
mutant commit-old-term
expect raft: leader completeness
set nodes 5
set log.segment-bytes 4096
safety 9.5s
beyond 11s
fault 1.25s 300ms isolation 77
fault 1.003456789s 7ns crash 18446744073709551615
outsider 4 down
outsider 2 paused
operations listed
op 1.003s 0 read 99
)";

TEST(TapeTest, WhatIsReadIsWrittenAgain) {
  const StatusOr<Tape> tape = ParseTape(kExample);
  ASSERT_TRUE(tape.ok()) << tape.status();
  EXPECT_EQ(tape->scenario->name, "log");
  EXPECT_EQ(tape->settings["nodes"], 5);
  EXPECT_EQ(tape->settings["raft.heartbeat-ms"], 100) << "plain when not named";
  EXPECT_EQ(tape->expect, "raft: leader completeness");
  ASSERT_EQ(tape->faults.size(), 2u);
  EXPECT_EQ(tape->faults[0], (FaultEntry{milliseconds(1250), milliseconds(300), "isolation", 77}));
  EXPECT_EQ(tape->faults[1].at, Duration(1'003'456'789));
  EXPECT_EQ(tape->outsiders[1], (Outsider{NodeId{2}, Fate::kPaused}));
  EXPECT_EQ(FormatTape(*tape), kExample);
}

TEST(TapeTest, EveryDrawnTapeGoesThroughItsText) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (const std::string scenario : {"log", "register"}) {
      const Tape drawn = DrawTape({.scenario = scenario, .seed = seed});
      const StatusOr<Tape> read = ParseTape(FormatTape(drawn));
      ASSERT_TRUE(read.ok()) << read.status() << "\n" << FormatTape(drawn);
      EXPECT_TRUE(*read == drawn);
      EXPECT_EQ(read->settings, drawn.settings);
      EXPECT_EQ(read->faults, drawn.faults);
    }
  }
}

TEST(TapeTest, CommentsSpacesAndCarriageReturnsAreSkipped) {
  const StatusOr<Tape> tape = ParseTape(
      "# A scenario.\r\n\n quadraft-tape 1 # format\r\nscenario log\r\n\tseed\t7   # why not\r\n");
  ASSERT_TRUE(tape.ok()) << tape.status();
  EXPECT_EQ(tape->seed, 7u);
}

TEST(TapeTest, ErrorsSayLineAndColumn) {
  const std::string head = "quadraft-tape 1\nscenario log\n";
  const std::pair<std::string, std::string> kCases[] = {
      {"", "line 1, column 1: the tape names no scenario"},
      {"tape\n", "line 1, column 1: a tape begins with"},
      {"quadraft-tape 1\nseed 1\n", "line 2, column 1: the first key is 'scenario'"},
      {"quadraft-tape 1\nscenario nope\n", "line 2, column 10: no scenario 'nope'"},
      {head + "sed 1\n", "line 3, column 1: no key 'sed'"},
      {head + "seed\n", "line 3, column 5: here a seed is missing"},
      {head + "seed x1\n", "line 3, column 6: a seed is a number, not 'x1'"},
      {head + "seed 1 2\n", "line 3, column 8: nothing more"},
      {head + "set nodes 0\n", "line 3, column 11: nodes is 1 to 100, not 0"},
      {head + "set node 3\n", "line 3, column 5: no setting 'node'"},
      {head + "mutant nope\n", "line 3, column 8: no mutant 'nope'"},
      {head + "fault 1.5 3ms crash 1\n", "line 3, column 7: when the fault begins is a time"},
      {head + "fault 1s 0.0000000001s crash 1\n", "line 3, column 10: how long"},
      {head + "fault 1s 3ms crush 1\n", "line 3, column 14: no fault 'crush'"},
      {head + "op 1s 0 read 1\n", "line 3, column 1: 'operations listed' must come before"},
      {head + "outsider 2 gone\n", "line 3, column 12: an outsider is down"},
      {head + "outsider 2 down\noutsider 3 down\n", "2 outsiders leave no majority of 3"},
      {head + "outsider 9 down\n", "outsider 9 is no node"},
  };
  for (const auto& [text, message] : kCases) {
    const StatusOr<Tape> tape = ParseTape(text);
    ASSERT_FALSE(tape.ok()) << text;
    EXPECT_NE(Message(tape.status()).find(message), std::string::npos) << text << "\n"
                                                                       << tape.status();
  }
}

TEST(TapeTest, DurationsAreExact) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const Duration at(random.Between(0, int64_t{1} << random.Below(50)));
    const StatusOr<Tape> tape =
        ParseTape(StrCat("quadraft-tape 1\nscenario log\nsafety ", FormatDuration(at), "\n"));
    ASSERT_TRUE(tape.ok()) << FormatDuration(at) << tape.status();
    EXPECT_EQ(tape->safety_end, at) << FormatDuration(at);
  }
}

}  // namespace
}  // namespace quadraft::sim
