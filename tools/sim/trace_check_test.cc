// Traces of real runs: those of correct code are accepted, those of planted bugs refused.
#include "tools/sim/trace_check.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/base/mutant.h"
#include "core/base/mutant_table.h"
#include "gtest/gtest.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSeeds = 40;

RunOptions Seed(std::string_view scenario, uint64_t seed) {
  RunOptions run;
  run.scenario = scenario;
  run.seed = seed;
  return run;
}

class TraceCheckTest : public testing::TestWithParam<std::string_view> {};

TEST_P(TraceCheckTest, AcceptsCorrectRuns) {
  uint64_t lines = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const TraceVerdict verdict = RunAndCheckTrace(Seed(GetParam(), seed));
    EXPECT_EQ(verdict.trace, OkStatus()) << "seed " << seed;
    EXPECT_EQ(verdict.report.violation, "") << "seed " << seed;
    lines += verdict.lines;
  }
  EXPECT_GT(lines, kSeeds * 1000);
}

TEST_P(TraceCheckTest, ChangesNothing) {
  for (const uint64_t seed : {3, 7, 42}) {
    const RunOptions run = Seed(GetParam(), seed);
    EXPECT_EQ(RunAndCheckTrace(run).report.hash, RunScenario(run).hash) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, TraceCheckTest, testing::Values("log", "register"));

// What a node wrote in the event at whose end it dies is on disk when it comes back.
TEST(TraceCrashTest, AcceptsADeathAtTheEndOfAnEvent) {
  for (const uint64_t seed : {1190, 1272}) {
    EXPECT_EQ(RunAndCheckTrace(Seed("log", seed)).trace, OkStatus()) << "seed " << seed;
  }
}

TEST(TraceFileTest, IsWhatTheCheckerSaw) {
  const char* const folder = std::getenv("TEST_TMPDIR");
  const std::string path = std::string(folder != nullptr ? folder : ".") + "/trace.ndjson";
  const RunOptions run = Seed("log", 7);
  const StatusOr<RunReport> report = RunAndWriteTrace(run, path);
  ASSERT_TRUE(report.ok()) << Message(report.status());
  uint64_t lines = 0;
  EXPECT_EQ(CheckTraceFile(path, &lines), OkStatus());
  const TraceVerdict verdict = RunAndCheckTrace(run);
  EXPECT_EQ(lines, verdict.lines);
  EXPECT_EQ(report->hash, verdict.report.hash);
  EXPECT_TRUE(absl::IsNotFound(CheckTraceFile(path + ".none", &lines)));
  EXPECT_TRUE(absl::IsUnavailable(RunAndWriteTrace(run, "/no/such/folder/x").status()));
}

struct Refused {
  std::string_view mutant;
  uint64_t seed;  // Of the scenario in which it is hunted: looked at first, then those from 1 on,
                  // since a change of what happens in runs moves it.
  std::string_view what;
};
// Raft, its log and its snapshots: the first seed whose trace shows the bug, and as what.
constexpr Refused kRefused[] = {
    {"ack-before-sync", 1, "it acknowledges entries up to"},
    {"append-matches-by-index", 22, "received no request with it whose previous entry it has"},
    {"change-before-first-commit", 1, "has committed nothing of its term"},
    {"commit-beyond-append", 14, "no leader's message said so of entries that it has"},
    {"commit-old-term", 2, "expected an entry of its own term"},
    {"conflict-kept", 3, "it acknowledges"},
    {"damage-cut-back", 290, "it restarts with entries up to"},
    {"damaged-log-votes", 1, "while entries that it had up to term"},
    {"heartbeat-commits-beyond-match", 1, "a heartbeat with commit index"},
    {"joint-decided-by-one", 14, "in force is"},
    {"log-sync-skipped", 4, "it restarts with entries up to"},
    {"new-term-before-step-down", 9, "expected a candidate of that term"},
    {"overwritten-entries-stay-stable", 3, "it acknowledges entries up to"},
    {"promise-kept-once", 4, "with its vote for 0, durable was its vote for"},
    {"read-before-first-commit", 1, "it answers a read at"},
    {"repaired-segment-not-synced", 62, "it restarts with entries up to"},
    {"snapshot-keeps-log", 210, "it installs a snapshot at"},
    {"snapshot-of-two-streams", 766, "has not received all parts of one"},
    {"snapshot-without-configuration", 4, "its configuration is that of entry"},
    {"step-down-forgets-vote", 1, "it gives up its vote"},
    {"sync-covers-later-writes", 8, "it restarts with entries up to"},
    {"term-and-vote-in-two-writes", 1, "with its vote for 0, durable was its vote for"},
    {"torn-tail-kept", 181, "it restarts with entries up to"},
    {"trim-loses-vote", 1, "with its vote for 0, durable was its vote for"},
    {"truncated-configuration-kept", 29, "its configuration is that of entry"},
    {"two-changes-at-once", 4, "it changes the members again"},
    {"unsorted-quorum", 1, "are known to hold, expected a quorum of"},
    {"vote-without-log-check", 7, "before its own at"},
};

constexpr uint64_t kSeedsMax = 150;

class RefusedTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedTest, IsRefused) {
  const Refused& expected = GetParam();
  std::string other;
  for (uint64_t i = 0; i <= kSeedsMax; ++i) {
    RunOptions run = Seed(ScenarioOfMutant(expected.mutant), i == 0 ? expected.seed : i);
    run.mutants = {std::string(expected.mutant)};
    run.faults = FaultsOfMutant(expected.mutant);
    const std::string message(Message(RunAndCheckTrace(run).trace));
    if (message.find(expected.what) != std::string::npos) return;
    if (!message.empty()) other = message;
  }
  ADD_FAILURE() << "not refused as that; the last other message: " << other;
}

INSTANTIATE_TEST_SUITE_P(Mutants, RefusedTest, testing::ValuesIn(kRefused),
                         [](const testing::TestParamInfo<Refused>& info) {
                           std::string name(info.param.mutant);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

struct Unseen {
  std::string_view mutant;
  std::string_view why;
};
// Hunted in the scenario `log`, or of snapshots, and no event of the specification tells them.
constexpr Unseen kUnseen[] = {
    {"addresses-from-flags-alone", "where a node is reached is no variable"},
    {"apply-before-commit", "what is applied is the state machine's: no variable"},
    {"compacted-before-durable", "the node finds the hole as it restarts, and stops: no event"},
    {"compressed-entry-unmarked", "a payload changes: entries are told apart by index and term"},
    {"lease-ignores-drift", "time is no variable, and reads are no actions"},
    {"lease-kept-after-transfer", "reads are no actions: by what right one was answered is not asked"},
    {"log-checksum-ignored", "a payload changes: entries are told apart by index and term"},
    {"lost-disk-comes-back", "who lost its disk is not told of: the specification has no such node"},
    {"new-leader-does-not-wait", "time is no variable: the commit is one that is allowed, too early"},
    {"proposal-answered-by-index", "what a client is answered is no action"},
    {"read-before-applied", "what is applied is the state machine's: no variable"},
    {"read-joins-earlier-round", "reads are no actions: who confirmed a round is not asked"},
    {"read-without-quorum", "reads are no actions: who confirmed a round is not asked"},
    {"rolled-segment-not-synced", "the node finds the hole as it restarts, and stops: no event"},
    {"segment-removed-before-trim", "the node finds the hole as it restarts, and stops: no event"},
    {"segment-removed-with-live-entries", "the same"},
    {"silent-node-wakes-nobody", "a group that sleeps on: what does not happen is no event"},
    {"snapshot-chunk-gap", "all parts come: where a part is staged is the content's"},
    {"snapshot-install-not-synced", "the node finds the hole as it restarts, and stops: no event"},
    {"stale-age-from-answer", "reads are no actions, and time is no variable"},
    {"stale-bound-ignored", "the same"},
    {"unknown-reported-as-refused", "what a client is answered is no action"},
    {"voter-without-disk", "who lost its disk is not told of: the specification has no such node"},
};

TEST(TraceMutantsTest, EachOneOfTheLogScenarioIsAccountedFor) {
  std::set<std::string_view> told;
  for (const Refused& refused : kRefused) told.insert(refused.mutant);
  for (const Unseen& unseen : kUnseen) {
    EXPECT_TRUE(told.insert(unseen.mutant).second) << unseen.mutant;
    EXPECT_NE(unseen.why, "");
  }
  for (const MutantRow& row : MutantTable()) {
    const bool raft = ScenarioOfMutant(row.name) == "log";
    EXPECT_TRUE(!raft || told.contains(row.name)) << row.name << ": seen in the trace, or why not?";
    told.erase(row.name);
  }
  EXPECT_TRUE(told.empty()) << *told.begin() << " is no mutant";
}

}  // namespace
}  // namespace quadraft::sim
