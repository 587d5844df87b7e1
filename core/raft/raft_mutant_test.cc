// The planted bugs break the scenarios that exist because of them (this binary links the twin
// library).
#include <fstream>
#include <sstream>

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

TEST(RaftMutant, CommitOldTermBreaksFigure8) {
  SetActiveMutants({});
  EXPECT_TRUE(RunFile("figure_8.txt").violation.ok());
  SetActiveMutants({"commit-old-term"});
  const ScenarioResult result = RunFile("figure_8.txt");
  ASSERT_TRUE(result.error.ok());
  EXPECT_FALSE(result.violation.ok()) << result.text;
  SetActiveMutants({});
}

TEST(RaftMutant, AckBeforeSyncLosesWhatWasCommitted) {
  SetActiveMutants({});
  EXPECT_TRUE(RunFile("ack_after_sync.txt").violation.ok());
  SetActiveMutants({"ack-before-sync"});
  const ScenarioResult result = RunFile("ack_after_sync.txt");
  ASSERT_TRUE(result.error.ok());
  EXPECT_FALSE(result.violation.ok()) << result.text;
  SetActiveMutants({});
}

}  // namespace
}  // namespace quadraft::raft
