#include "sim/explore/mutate.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"
#include "sim/explore/coverage.h"
#include "sim/explore/phases.h"
#include "sim/explore/scenario.h"

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

TEST(MutateTest, ShortTapesAreShortAndAContinuedOneIsTheSameUpToItsCut) {
  const std::vector<std::string_view> kinds = {"crash", "isolation"};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const Tape tape = DrawShortTape(FindScenario("log"), {}, kinds, random);
    EXPECT_LE(tape.beyond_end, seconds(30));
    EXPECT_FALSE(tape.faults.empty());
    const Duration cut = tape.beyond_end / 2;
    const Tape longer = ContinueTape(tape, cut, kinds, random);
    EXPECT_EQ(longer.seed, tape.seed);
    std::vector<FaultEntry> before = tape.faults, kept = longer.faults;
    const auto late = [&](const FaultEntry& entry) { return entry.at >= cut; };
    EXPECT_GT(std::erase_if(kept, late), 0u);
    std::erase_if(before, late);
    EXPECT_EQ(kept, before);
  }
}

std::set<uint64_t> Features(uint64_t seed, Duration until) {
  const Tape tape = DrawTape({.scenario = "log", .seed = seed, .nodes = 3, .seconds = 5});
  PhasedRun run(tape, {});
  StateCoverage coverage(&run.world(), &run.scenario());
  EXPECT_TRUE(run.To(until).ok());
  std::set<uint64_t> features;
  for (const Feature& feature : coverage.Collect()) {
    EXPECT_TRUE(features.insert(feature.id).second);
    EXPECT_LE(feature.at, until);
  }
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
