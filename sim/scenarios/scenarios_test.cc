// Each scenario file here, by hand or out of `quadraft-sim shrink`, is a regression test: with the
// planted bug that it names, one of the seeds that it tries breaks the invariant that it expects;
// without, all of them pass. A file without a planted bug is one of a bug that was fixed: all pass.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "gtest/gtest.h"
#include "sim/explore/run.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kPlainSeeds = 10;  // Of the run without the bug; each is quick.

std::vector<std::string> Files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("sim/scenarios")) {
    if (entry.path().extension() == ".tape") files.push_back(entry.path().stem().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What the first of `tries` seeds that fails says; empty: none does.
std::string FirstViolation(Tape tape, uint64_t tries, const std::string& key) {
  std::string other;
  for (uint64_t i = 0; i < tries; ++i, ++tape.seed) {
    const RunReport report = RunScenario({.tape = std::make_shared<const Tape>(tape)});
    if (report.violation.empty()) continue;
    if (key.empty() || FailureKey(report.violation) == key) return report.violation;
    other = report.violation;
  }
  return other;
}

class EachScenario : public testing::TestWithParam<std::string> {};

TEST_P(EachScenario, FailsWithItsBugAndPassesWithout) {
  std::ifstream in(StrCat("sim/scenarios/", GetParam(), ".tape"));
  std::ostringstream text;
  text << in.rdbuf();
  const StatusOr<Tape> tape = ParseTape(text.str());
  ASSERT_TRUE(tape.ok()) << tape.status();
  if (!tape->mutants.empty()) {
    ASSERT_NE(tape->expect, "") << "which invariant breaks?";
    const std::string violation = FirstViolation(*tape, tape->tries, tape->expect);
    EXPECT_EQ(FailureKey(violation), tape->expect) << violation;
  }
  Tape plain = *tape;
  plain.mutants.clear();
  EXPECT_EQ(FirstViolation(plain, std::min(plain.tries, kPlainSeeds), ""), "");
}

INSTANTIATE_TEST_SUITE_P(All, EachScenario, testing::ValuesIn(Files()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace quadraft::sim
