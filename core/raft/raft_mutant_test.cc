// The planted bugs break the scenarios that exist because of them (this binary links the twin
// library).
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

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

// The scenario keeps every invariant, and breaks one with the bug switched on.
void ExpectBroken(const std::string& bug, const std::string& scenario) {
  SCOPED_TRACE(bug);
  SetActiveMutants({});
  EXPECT_TRUE(RunFile(scenario).violation.ok());
  SetActiveMutants({bug});
  const ScenarioResult result = RunFile(scenario);
  SetActiveMutants({});
  ASSERT_TRUE(result.error.ok());
  EXPECT_FALSE(result.violation.ok()) << result.text;
  std::cout << bug << ": " << result.violation.message() << "\n";
}

TEST(RaftMutant, CommitOldTermBreaksFigure8) { ExpectBroken("commit-old-term", "figure_8.txt"); }

TEST(RaftMutant, AckBeforeSyncLosesWhatWasCommitted) {
  ExpectBroken("ack-before-sync", "ack_after_sync.txt");
}

TEST(RaftMutant, MembershipBugsBreakTheirScenarios) {
  ExpectBroken("change-before-first-commit", "single_server_bug.txt");
  ExpectBroken("two-changes-at-once", "two_changes.txt");
  ExpectBroken("joint-decided-by-one", "joint_elections.txt");
  ExpectBroken("joint-decided-by-one", "joint_commits.txt");
  ExpectBroken("truncated-configuration-kept", "configuration_taken_back.txt");
}

}  // namespace
}  // namespace quadraft::raft
