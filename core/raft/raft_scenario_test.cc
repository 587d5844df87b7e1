// The golden scenarios of testdata/*.txt. `raft_scenario_test --rewrite` (run from the source
// tree's root) brings their output up to date; the diff is to be read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/raft/testing/scenario.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

bool g_rewrite = false;
constexpr char kFolder[] = "core/raft/testdata";
constexpr size_t kScenariosMin = 22;

std::vector<std::string> Scenarios() {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() == ".txt") paths.push_back(file.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(RaftScenario, Golden) {
  const auto paths = Scenarios();
  EXPECT_GE(paths.size(), kScenariosMin);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const std::string golden = ReadAll(path);
    const ScenarioResult result = RunScenario(golden);
    ASSERT_TRUE(result.error.ok()) << ToString(result.error);
    EXPECT_TRUE(result.violation.ok()) << ToString(result.violation);
    if (g_rewrite) {
      std::ofstream(path) << result.text;
    } else {
      EXPECT_EQ(result.text, golden) << "run with --rewrite and read the diff";
    }
  }
}

TEST(RaftScenario, RefusesWhatIsNoCommand) {
  EXPECT_TRUE(absl::IsInvalidArgument(RunScenario("> cluster 3\n> dance 1\n").error));
  EXPECT_TRUE(absl::IsInvalidArgument(RunScenario("> propose 1 x\n").error));
  EXPECT_TRUE(absl::IsInvalidArgument(RunScenario("> cluster 3\n> change 1 4\n").error));
  EXPECT_TRUE(absl::IsInvalidArgument(RunScenario("> cluster 3\n> change 1 add\n").error));
  EXPECT_TRUE(absl::IsInvalidArgument(RunScenario("> cluster 3 spare\n").error));
}

}  // namespace
}  // namespace quadraft::raft

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--rewrite") quadraft::raft::g_rewrite = true;
  }
  return RUN_ALL_TESTS();
}
