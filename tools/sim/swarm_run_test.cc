#include "gtest/gtest.h"
#include "tools/sim/swarm.h"

namespace quadraft::sim {
namespace {

TEST(SwarmTest, CountsSeedsEventsAndFaultsAndFindsAPlantedBug) {
  uint64_t called = 0;
  const SwarmOptions plain{
      .run = {.scenario = "log", .seconds = 3}, .first = 10, .seeds = 6, .jobs = 2};
  const SwarmResult good = RunSwarm(plain, [&](const SeedResult& result) {
    ++called;
    EXPECT_GE(result.seed, 10u);
    EXPECT_LT(result.seed, 16u);
    EXPECT_EQ(result.report.violation, "");
  });
  EXPECT_EQ(called, 6u);
  EXPECT_EQ(good.seeds, 6u);
  EXPECT_EQ(good.violations, 0u);
  EXPECT_GT(good.events, 1000u);
  EXPECT_FALSE(good.faults.empty());

  const SwarmOptions planted{.run = {.scenario = "log", .mutants = {"log-sync-skipped"}},
                             .seeds = 500,
                             .jobs = 2,
                             .violations_max = 1};
  const SwarmResult bad = RunSwarm(planted, [](const SeedResult&) {});
  EXPECT_GE(bad.violations, 1u);
  EXPECT_LT(bad.seeds, 500u);
}

}  // namespace
}  // namespace quadraft::sim
