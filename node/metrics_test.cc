#include "node/metrics.h"

#include <gtest/gtest.h>

namespace quadraft::node {
namespace {

TEST(MetricsTest, TextHasEveryRowOnceAndCumulativeBuckets) {
  Metrics metrics;
  metrics.updates_total.Add(3);
  metrics.query_seconds.Observe(microseconds(100));
  metrics.query_seconds.Observe(microseconds(101));
  metrics.query_seconds.Observe(seconds(100));
  const std::string text = PrometheusText(
      metrics, {{"quadraft_raft_term", "Term.", "gauge", "", 7}, {"quadraft_peer_match_index", "Match.", "gauge", "{peer=\"2\"}", 5},
                {"quadraft_peer_match_index", "Match.", "gauge", "{peer=\"3\"}", 6}});
  const auto count = [&](std::string_view what) {
    size_t n = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("\nquadraft_updates_total 3\n"), 1u);
  EXPECT_EQ(count("quadraft_query_duration_seconds_bucket{le=\"0.0001\"} 1\n"), 1u);
  EXPECT_EQ(count("quadraft_query_duration_seconds_bucket{le=\"0.00025\"} 2\n"), 1u);
  EXPECT_EQ(count("quadraft_query_duration_seconds_bucket{le=\"30\"} 2\n"), 1u);
  EXPECT_EQ(count("quadraft_query_duration_seconds_bucket{le=\"+Inf\"} 3\n"), 1u);
  EXPECT_EQ(count("# TYPE quadraft_peer_match_index gauge\n"), 1u);
  EXPECT_EQ(count("quadraft_peer_match_index{peer=\"3\"} 6\n"), 1u);
}

}  // namespace
}  // namespace quadraft::node
