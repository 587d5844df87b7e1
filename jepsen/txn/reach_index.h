// "Can `from` reach `to`?" answered "no" quickly, most of the time: three facts that a path would
// need. Over the components of a view, which have no cycles among them.
//   1. Components are numbered against the edges.
//   2. Levels (longest way from a source) grow along edges.
//   3. GRAIL's intervals: a depth-first numbering; what is reachable lies within.
#ifndef QUADRAFT_JEPSEN_TXN_REACH_INDEX_H_
#define QUADRAFT_JEPSEN_TXN_REACH_INDEX_H_

#include <cstdint>
#include <vector>

#include "jepsen/txn/scc.h"
#include "jepsen/txn/sub_graph.h"

namespace quadraft::jepsen {

class ReachIndex {
 public:
  // Of a view without rw_apart.
  explicit ReachIndex(const View& view);

  // False: there is no path. True: there may be one; there is when both are in one component.
  bool May(uint32_t from, uint32_t to) const {
    const uint32_t a = components_.of[from];
    const uint32_t b = components_.of[to];
    if (a == b) return true;
    if (a < b || level_[a] >= level_[b]) return false;
    for (const Label& label : labels_) {
      if (label.low[b] < label.low[a] || label.high[b] > label.high[a]) return false;
    }
    return true;
  }
  bool SameComponent(uint32_t a, uint32_t b) const {
    return components_.of[a] == components_.of[b];
  }
  const Components& components() const { return components_; }

 private:
  static constexpr int kLabels = 3;
  struct Label {
    std::vector<uint32_t> low;
    std::vector<uint32_t> high;
  };
  // The edges between components.
  void BuildArcs(const View& view);
  void BuildLabel(uint32_t turn, Label* label) const;

  Components components_;
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> to_;
  std::vector<uint32_t> level_;
  Label labels_[kLabels];
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_REACH_INDEX_H_
