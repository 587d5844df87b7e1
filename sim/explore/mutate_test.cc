#include "sim/explore/mutate.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"
#include "sim/explore/coverage.h"
#include "sim/explore/phases.h"

namespace quadraft::sim {
namespace {

TEST(MutateTest, EveryChildIsATapeInOrderAndMostDiffer) {
  const Tape a = DrawTape({.scenario = "log", .seed = 3}),
             b = DrawTape({.scenario = "log", .seed = 4});
  int different = 0;
  Tape last = a;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    last = MutateTape(last, b, random);
    const StatusOr<Tape> read = ParseTape(FormatTape(last));
    ASSERT_TRUE(read.ok()) << read.status() << FormatTape(last);
    EXPECT_TRUE(
        std::is_sorted(last.faults.begin(), last.faults.end(),
                       [](const FaultEntry& x, const FaultEntry& y) { return x.at < y.at; }));
    different += last == a ? 0 : 1;
  }
  EXPECT_GT(different, 180);
}

std::set<uint64_t> Features(uint64_t seed, Duration until) {
  const Tape tape = DrawTape({.scenario = "log", .seed = seed, .nodes = 3, .seconds = 5});
  PhasedRun run(tape, {});
  StateCoverage coverage(&run.world(), &run.scenario());
  EXPECT_TRUE(run.To(until).ok());
  std::set<uint64_t> features;
  coverage.Collect([&](uint64_t feature) { EXPECT_TRUE(features.insert(feature).second); });
  return features;
}

TEST(CoverageTest, IsAFunctionOfTheRunAndGrowsWithIt) {
  const auto early = Features(8, seconds(1)), late = Features(8, seconds(5));
  EXPECT_EQ(early, Features(8, seconds(1)));
  EXPECT_GT(early.size(), 10u);
  EXPECT_GT(late.size(), early.size());
  EXPECT_TRUE(std::includes(late.begin(), late.end(), early.begin(), early.end()));
  EXPECT_NE(late, Features(9, seconds(5)));
}

}  // namespace
}  // namespace quadraft::sim
