#include "tools/bench/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/env/random.h"
#include "gtest/gtest.h"

namespace quadraft::bench {
namespace {

TEST(Histogram, EmptyIsZero) {
  Histogram h;
  EXPECT_EQ(h.Percentile(50).count(), 0);
  EXPECT_EQ(h.max().count(), 0);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram h;
  for (int i = 1; i <= 100; ++i) h.Add(Duration(i));
  EXPECT_EQ(h.Percentile(50).count(), 50);
  EXPECT_EQ(h.Percentile(99).count(), 99);
  EXPECT_EQ(h.Percentile(100).count(), 100);
  EXPECT_EQ(h.Percentile(0).count(), 1);
  h.Add(Duration(-5));
  EXPECT_EQ(h.Percentile(0).count(), 0);
}

TEST(Histogram, EveryPercentileIsWithinOnePartIn64OfTheTruth) {
  Random random(1);
  Histogram h;
  std::vector<int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    const int64_t value = static_cast<int64_t>(random.Next() >> (1 + random.Below(62)));
    values.push_back(value);
    h.Add(Duration(value));
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.1, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * values.size()));
    const int64_t truth = values[rank - 1];
    const int64_t got = h.Percentile(percent).count();
    EXPECT_GE(got, truth) << percent;
    EXPECT_LE(got - truth, truth / 64) << percent;
  }
  EXPECT_EQ(h.max().count(), values.back());
}

TEST(Histogram, TheLargestValueFits) {
  Histogram h;
  h.Add(Duration(INT64_MAX));
  EXPECT_EQ(h.Percentile(50).count(), INT64_MAX);
}

}  // namespace
}  // namespace quadraft::bench
