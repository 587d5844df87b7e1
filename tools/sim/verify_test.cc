#include "tools/sim/verify.h"

#include <sys/personality.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tools/sim/golden.h"
#include "tools/sim/probe.h"

// The path of quadraft-sim, from the test's arguments.
std::string* program = nullptr;  // NOLINT

namespace quadraft::sim {
namespace {

ProbeReport Report(std::vector<uint64_t> checkpoints, uint64_t events, uint64_t hash) {
  ProbeReport report{.events = events, .hash = {1, hash}};
  for (const uint64_t checkpoint : checkpoints) report.checkpoints.push_back({2, checkpoint});
  return report;
}

TEST(DifferingEventsTest, LiesBetweenTheLastEqualCheckpointAndTheFirstUnequalOne) {
  using Window = std::pair<uint64_t, uint64_t>;
  EXPECT_EQ(DifferingEvents(Report({1, 2}, 25, 9), Report({1, 2}, 25, 9), 10), std::nullopt);
  // One checkpoint further back: what differs may have been on its way.
  EXPECT_EQ(DifferingEvents(Report({1, 2, 3}, 39, 9), Report({1, 2, 4}, 39, 8), 10),
            (Window{11, 30}));
  EXPECT_EQ(DifferingEvents(Report({1, 2, 3}, 39, 9), Report({7, 8, 9}, 39, 8), 10),
            (Window{1, 10}));
  EXPECT_EQ(DifferingEvents(Report({1, 2}, 25, 9), Report({1, 2}, 25, 8), 10), (Window{11, 25}));
  EXPECT_EQ(DifferingEvents(Report({1, 2}, 25, 9), Report({1, 2, 3}, 31, 8), 10), (Window{11, 30}));
}

TEST(FirstDifferenceTest, IsWhatIsSeenFirst) {
  const std::vector<ProbedEvent> a{{1, "x", {"h1"}}, {2, "y", {"sends a", "h2"}}, {3, "z", {"h3"}}};
  std::vector<ProbedEvent> b = a;
  EXPECT_EQ(FirstDifference(a, b), std::nullopt);
  b[2].what = "w";
  EXPECT_EQ(FirstDifference(a, b), 2u);
  b[1].effects[0] = "sends b";  // The hash sees it later only.
  EXPECT_EQ(FirstDifference(a, b), 1u);
  b.resize(1);
  EXPECT_EQ(FirstDifference(a, b), 1u);
}

TEST(ProbeReportTest, IsTheSameAfterBeingWritten) {
  ProbeReport report = Report({4, 5}, 123, 6);
  report.violation = "raft: two leaders";
  report.window = {{7, "#7 message n2", {"gets x", "hash 00"}}, {8, "#8 timer n1", {}}};
  const StatusOr<ProbeReport> read = DecodeProbe(EncodeProbe(report));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(EncodeProbe(*read), EncodeProbe(report));
  EXPECT_EQ(read->window, report.window);
  EXPECT_EQ(read->checkpoints, report.checkpoints);
  std::string cut = EncodeProbe(report);
  cut.resize(cut.size() - 4);
  EXPECT_FALSE(DecodeProbe(cut).ok());
  EXPECT_FALSE(DecodeProbe("checkpoint 12\nend\n").ok());
}

TEST(PlantTest, IsReadOrRefused) {
  EXPECT_EQ(ParsePlant("clock@17")->event, 17u);
  for (const std::string_view bad : {"clock", "clock@", "clock@0", "moon@3", "clock@x"}) {
    EXPECT_FALSE(ParsePlant(bad).ok()) << bad;
  }
}

TEST(GoldenTest, IsReadOrRefusedWithItsLine) {
  const auto runs = ParseGolden("# head\n\nlog 7 5 100 abc\n");
  ASSERT_TRUE(runs.ok());
  EXPECT_EQ(*runs, (std::vector<GoldenRun>{{"log", 7, 5, 100, "abc"}}));
  EXPECT_EQ(*ParseGolden(FormatGolden(*runs)), *runs);
  EXPECT_EQ(Message(ParseGolden("#\nlog 7\n").status()).substr(0, 6), "line 2");
  EXPECT_FALSE(ParseGolden("# nothing\n").ok());
}

TEST(VerifyTest, ARealSeedIsDeterministicAcrossPrograms) {
  for (const std::string scenario : {"log", "register"}) {
    const VerifyResult result =
        VerifySeed({.program = *program, .run = {.scenario = scenario, .seed = 3, .seconds = 1}});
    EXPECT_TRUE(result.same) << result.text;
    EXPECT_EQ(result.pairs, 1);
  }
}

// The planted event must be the one that is named, late in the run, by looking at a few thousand.
void ExpectFound(const std::string& kind) {
  constexpr uint64_t kPlanted = 20'000;
  const VerifyResult result = VerifySeed({.program = *program,
                                          .run = {.scenario = "log", .seed = 2, .seconds = 30},
                                          .plant = StrCat(kind, "@", kPlanted)});
  EXPECT_FALSE(result.same);
  EXPECT_EQ(result.first_event, kPlanted) << result.text;
  EXPECT_GT(result.events_traced, 0u);
  EXPECT_LE(result.events_traced, 4096u) << "only a window is traced";
  EXPECT_LT(result.seconds, 60.0);
  for (const std::string part : {"both runs, until then", "run 1:", "run 2:", "#20000 "}) {
    EXPECT_NE(result.text.find(part), std::string::npos) << part << "\n" << result.text;
  }
  printf("%s: event #%llu named after %d pairs of runs and %llu traced events, %.2f s\n",
         kind.c_str(), static_cast<unsigned long long>(result.first_event), result.pairs,
         static_cast<unsigned long long>(result.events_traced), result.seconds);
}

TEST(VerifyTest, ARealClockIsNamed) { ExpectFound("clock"); }

TEST(VerifyTest, AnAddressIsNamed) {
  std::ifstream setting("/proc/sys/kernel/randomize_va_space");
  int randomised = 0;
  setting >> randomised;
  if (randomised < 2 || (personality(0xffffffff) & ADDR_NO_RANDOMIZE) != 0) {
    GTEST_SKIP() << "this machine does not randomise addresses";
  }
  ExpectFound("address");
}

TEST(VerifyTest, ManySeedsAtOnce) {
  std::vector<uint64_t> seen;
  VerifySeeds({.program = *program, .run = {.scenario = "log", .seconds = 1}}, 5, 4, 3,
              [&](uint64_t seed, const VerifyResult& result) {
                seen.push_back(seed);
                EXPECT_TRUE(result.same) << result.text;
              });
  EXPECT_EQ(seen, (std::vector<uint64_t>{5, 6, 7, 8}));
}

TEST(VerifyTest, AProgramThatDoesNotRunIsNoAgreement) {
  const VerifyResult result = VerifySeed({.program = "/nonexistent", .run = {.scenario = "log"}});
  EXPECT_FALSE(result.same);
  EXPECT_NE(result.text.find("status 127"), std::string::npos) << result.text;
}

}  // namespace
}  // namespace quadraft::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  static std::string path = argc > 1 ? argv[1] : "";
  program = &path;
  return RUN_ALL_TESTS();
}
