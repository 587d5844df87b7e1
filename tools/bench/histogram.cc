#include "tools/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quadraft::bench {

// Values below 2^kSubBits have a bucket each. Above, the leading kSubBits bits of a value choose it: `shift` powers of two
// further up, the kHalf buckets whose leading bit is set.
int Histogram::BucketOf(uint64_t ns) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - kSubBits);
  return shift * kHalf + static_cast<int>(ns >> shift);
}

uint64_t Histogram::UpperEdge(int bucket) {
  const int shift = std::max(0, bucket / kHalf - 1);
  const uint64_t leading = bucket - shift * kHalf;
  return ((leading + 1) << shift) - 1;
}

void Histogram::Add(Duration value) {
  const uint64_t ns = std::max<int64_t>(0, value.count());
  ++counts_[BucketOf(ns)];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

Duration Histogram::Percentile(double percent) const {
  if (count_ == 0) return Duration(0);
  const auto wanted =
      std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(percent / 100 * count_)), 1, count_);
  uint64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return Duration(std::min(UpperEdge(i), max_ns_));
  }
  return max();
}

}  // namespace quadraft::bench
