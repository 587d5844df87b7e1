#include "jepsen/raft_trace/term_log.h"

#include <algorithm>
#include <iterator>

namespace quadraft::jepsen {
namespace {

using Run = std::pair<uint64_t, uint64_t>;

// The run that `index`, not below the first one, is in.
std::vector<Run>::const_iterator RunOf(const std::vector<Run>& runs, uint64_t index) {
  return std::prev(std::upper_bound(runs.begin(), runs.end(), index,
                                    [](uint64_t i, const Run& run) { return i < run.first; }));
}

}  // namespace

std::optional<uint64_t> TermLog::TermAt(uint64_t index) const {
  if (index < base_ || index > last_) return std::nullopt;
  return RunOf(runs_, index)->second;
}

uint64_t TermLog::NextRun(uint64_t index) const {
  const auto next = std::next(RunOf(runs_, index));
  return next == runs_.end() ? last_ + 1 : next->first;
}

void TermLog::Append(uint64_t term, uint64_t count) {
  if (count == 0) return;
  if (runs_.back().second != term) runs_.emplace_back(last_ + 1, term);
  last_ += count;
}

void TermLog::TruncateFrom(uint64_t first) {
  if (first > last_) return;
  while (runs_.size() > 1 && runs_.back().first >= first) runs_.pop_back();
  last_ = first - 1;
}

void TermLog::CompactTo(uint64_t index) {
  const auto keep = RunOf(runs_, index);
  runs_.erase(runs_.begin(), keep);
  runs_.front().first = index;
  base_ = index;
}

// From one beginning of a run to the next: between them neither changes.
std::optional<uint64_t> FirstDifference(const TermLog& a, const TermLog& b, uint64_t through) {
  uint64_t index = std::max(a.base(), b.base());
  const uint64_t end = std::min({a.last(), b.last(), through});
  while (index <= end) {
    if (*a.TermAt(index) != *b.TermAt(index)) return index;
    index = std::min(a.NextRun(index), b.NextRun(index));
  }
  return std::nullopt;
}

}  // namespace quadraft::jepsen
