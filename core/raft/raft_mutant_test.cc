// The planted bugs break the scenarios that exist because of them (this binary links the twin
// library).
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/mutant.h"
#include "core/raft/testing/scenario.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

ScenarioResult RunFile(const std::string& name) {
  std::ifstream in("core/raft/testdata/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return RunScenario(text.str());
}

// The scenario keeps every invariant, and breaks one with the bug switched on; then, and only then,
// its output has these lines.
void ExpectBroken(const std::string& bug, const std::string& scenario,
                  const std::vector<std::string>& lines = {}) {
  SCOPED_TRACE(bug);
  SetActiveMutants({});
  const ScenarioResult good = RunFile(scenario);
  EXPECT_TRUE(good.violation.ok());
  SetActiveMutants({bug});
  const ScenarioResult result = RunFile(scenario);
  SetActiveMutants({});
  ASSERT_TRUE(result.error.ok());
  EXPECT_FALSE(result.violation.ok()) << result.text;
  std::cout << bug << ": " << result.violation.message() << "\n";
  bool all_in_good = !lines.empty();
  for (const std::string& line : lines) {
    EXPECT_NE(result.text.find("\n" + line), std::string::npos)
        << line << " not in " << result.text;
    all_in_good &= good.text.find("\n" + line) != std::string::npos;
  }
  EXPECT_FALSE(all_in_good);
}

TEST(RaftMutant, CommitOldTermBreaksFigure8) { ExpectBroken("commit-old-term", "figure_8.txt"); }

TEST(RaftMutant, AckBeforeSyncLosesWhatWasCommitted) {
  ExpectBroken("ack-before-sync", "ack_after_sync.txt");
}

TEST(RaftMutant, TheVoteOfADamagedLogElectsWhoLacksWhatWasCommitted) {
  ExpectBroken("damaged-log-votes", "damaged_log.txt", {"3 leader term=3"});
}

TEST(RaftMutant, MembershipBugsBreakTheirScenarios) {
  ExpectBroken("change-before-first-commit", "single_server_bug.txt",
               {"2 applies 3/2", "1 applies 3/3"});
  ExpectBroken("two-changes-at-once", "two_changes.txt", {"1 applies 2/1", "2 applies 2/2"});
  ExpectBroken("joint-decided-by-one", "joint_elections.txt",
               {"1 leader term=2", "3 leader term=2"});
  ExpectBroken("joint-decided-by-one", "joint_commits.txt", {"1 applies 2/1", "2 applies 2/2"});
  ExpectBroken("truncated-configuration-kept", "configuration_taken_back.txt",
               {"1 applies 4/3", "2 applies 4/4"});
}

}  // namespace
}  // namespace quadraft::raft
