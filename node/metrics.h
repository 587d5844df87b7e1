// What a node counts, and its Prometheus text form (exposition format 0.0.4). One row in the table of metrics.cc per metric;
// the names, types and help texts there also make the documentation.
//
//   metrics.updates_total.Add();
//   metrics.query_seconds.Observe(duration);
#ifndef QUADRAFT_NODE_METRICS_H_
#define QUADRAFT_NODE_METRICS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/env/time.h"

namespace quadraft::node {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_ += n; }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

// Seconds, in fixed buckets (upper bounds below, then +Inf).
class Histogram {
 public:
  static constexpr std::array<int64_t, 14> kBoundsMicros = {100,    250,    500,     1000,    2500,    5000,    10000,
                                                           25000, 50000, 100000, 250000, 1000000, 5000000, 30000000};
  void Observe(Duration duration);
  uint64_t count() const { return count_; }
  const std::array<uint64_t, 15>& buckets() const { return buckets_; }
  int64_t sum_ns() const { return sum_ns_; }

 private:
  std::array<uint64_t, 15> buckets_{};
  uint64_t count_ = 0;
  int64_t sum_ns_ = 0;
};

struct Metrics {
  Counter queries_total, query_errors_total;
  Counter updates_total, update_errors_total, update_conflicts_total, updates_forwarded_total;
  Counter quads_inserted_total, quads_deleted_total;
  Counter outcomes_done, outcomes_repeated, outcomes_none, outcomes_unknown;  // Of updates, as their answers say.
  Counter reads_linearizable, reads_bounded, reads_local;
  Counter failed_not_leader, failed_overload, failed_too_large, failed_unknown, failed_other;  // Proposals.
  Histogram query_seconds, update_seconds;
  Histogram commit_seconds;  // From a proposal to its being applied here.
  Histogram sync_seconds;    // Of the log.

  // By the word of Quadraft-Outcome.
  Counter& OutcomesOf(std::string_view outcome);
  Counter& ProposalsFailed(absl::StatusCode code);
};

// Values that are read when asked for, not counted as they happen.
struct Gauge {
  std::string_view name, help;
  std::string_view type;  // "gauge" or "counter".
  std::string labels;     // "", or "{peer=\"2\"}".
  double value = 0;
};

std::string PrometheusText(const Metrics& metrics, const std::vector<Gauge>& gauges);

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_METRICS_H_
