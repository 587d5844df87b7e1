// How long things take here, measured: what election timeouts and heartbeats are made of.
//
//   Estimate late;
//   late.Add(now - last - interval, now);
//   late.Needed();   // What is later than this is worse than all that was seen of late.
//
// Mean and mean deviation with the gains of RFC 6298 (1/8, 1/4), so that a few calm samples after a
// slow time do not yet count as calm; beside them the worst sample of the last kWorstWindow to
// twice that, since what disturbs a machine (a compaction, a neighbour that takes its cores) comes
// again. Integers alone.
#ifndef QUADRAFT_CORE_RAFT_PACE_H_
#define QUADRAFT_CORE_RAFT_PACE_H_

#include <algorithm>
#include <cstdint>

#include "core/env/time.h"

namespace quadraft::raft {

inline constexpr Duration kWorstWindow = seconds(10);
// Fewer samples say nothing.
inline constexpr uint32_t kEstimateSamplesMin = 8;

class Estimate {
 public:
  void Add(Duration sample, MonotonicTime now) {
    if (samples_ == 0) {
      mean_ = sample;
      deviation_ = sample / 2;
    } else {
      const Duration off = sample > mean_ ? sample - mean_ : mean_ - sample;
      deviation_ += (off - deviation_) / 4;
      mean_ += (sample - mean_) / 8;
    }
    if (samples_ < kEstimateSamplesMin) ++samples_;
    if (now - window_began_ >= kWorstWindow) {
      worst_before_ = now - window_began_ < 2 * kWorstWindow ? worst_ : Duration(0);
      worst_ = Duration(0);
      window_began_ = now;
    }
    worst_ = std::max(worst_, sample);
  }
  bool known() const { return samples_ >= kEstimateSamplesMin; }
  Duration mean() const { return mean_; }
  Duration deviation() const { return deviation_; }
  Duration worst() const { return std::max(worst_, worst_before_); }
  // Twice the worst: what came once comes again, and a little longer.
  Duration Needed() const { return std::max(mean_ + 4 * deviation_, 2 * worst()); }

 private:
  uint32_t samples_ = 0;  // Up to kEstimateSamplesMin.
  Duration mean_{0};
  Duration deviation_{0};
  Duration worst_{0};         // Since window_began_,
  Duration worst_before_{0};  // and in the window before.
  MonotonicTime window_began_{Duration(0)};
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_PACE_H_
