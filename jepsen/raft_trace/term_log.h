// A Raft log as a specification sees it: which term the entry at each index has. Kept as runs of
// equal terms, so that a copy costs what the number of terms costs.
//
//   TermLog log;                   // Nothing; index 0 has term 0.
//   log.Append(3, 2);              // 1/3 2/3
//   log.TruncateFrom(2);           // 1/3
//   log.TermAt(1) == 3;
#ifndef QUADRAFT_JEPSEN_RAFT_TRACE_TERM_LOG_H_
#define QUADRAFT_JEPSEN_RAFT_TRACE_TERM_LOG_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace quadraft::jepsen {

class TermLog {
 public:
  // Up to `base` only the last term is known.
  explicit TermLog(uint64_t base = 0, uint64_t base_term = 0)
      : base_(base), last_(base), runs_({{base, base_term}}) {}

  uint64_t base() const { return base_; }
  uint64_t base_term() const { return runs_.front().second; }
  uint64_t last() const { return last_; }
  uint64_t last_term() const { return runs_.back().second; }
  // nullopt: below the base or beyond the end.
  std::optional<uint64_t> TermAt(uint64_t index) const;

  // Where the next run begins, or the log ends; base() <= index <= last().
  uint64_t NextRun(uint64_t index) const;

  void Append(uint64_t term, uint64_t count);
  void TruncateFrom(uint64_t first);  // first > base()
  void CompactTo(uint64_t index);     // base() <= index <= last()

 private:
  uint64_t base_, last_;
  // (first index, term), by index; the first one begins at base_.
  std::vector<std::pair<uint64_t, uint64_t>> runs_;
};

// The first index up to `through` that both know, with another term.
std::optional<uint64_t> FirstDifference(const TermLog& a, const TermLog& b, uint64_t through);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_RAFT_TRACE_TERM_LOG_H_
