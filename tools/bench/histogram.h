// Latencies by log-linear buckets (as HdrHistogram, Tene 2012): every value within 1/64 of itself, constant memory.
//
//   Histogram h; h.Add(milliseconds(3)); h.Percentile(99.9);
#ifndef QUADRAFT_TOOLS_BENCH_HISTOGRAM_H_
#define QUADRAFT_TOOLS_BENCH_HISTOGRAM_H_

#include <array>
#include <cstdint>

#include "core/env/time.h"

namespace quadraft::bench {

class Histogram {
 public:
  void Add(Duration value);  // Negative counts as zero.
  uint64_t count() const { return count_; }
  Duration max() const { return Duration(max_ns_); }  // Exact.
  // The least value that `percent` (0..100) of all values do not exceed, rounded up within its bucket but never above
  // max(); zero without values.
  Duration Percentile(double percent) const;

 private:
  static constexpr int kSubBits = 7;  // 128 buckets below 2^7 ns, then 64 for each power of two.
  static constexpr int kHalf = 1 << (kSubBits - 1);
  static constexpr int kBuckets = (64 - kSubBits + 2) * kHalf;
  static int BucketOf(uint64_t ns);
  static uint64_t UpperEdge(int bucket);

  std::array<uint64_t, kBuckets> counts_ = {};
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace quadraft::bench

#endif  // QUADRAFT_TOOLS_BENCH_HISTOGRAM_H_
