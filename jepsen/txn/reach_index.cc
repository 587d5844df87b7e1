#include "jepsen/txn/reach_index.h"

#include <algorithm>

namespace quadraft::jepsen {

ReachIndex::ReachIndex(const View& view) : components_(FindComponents(view)) {
  BuildArcs(view);
  const auto count = static_cast<uint32_t>(components_.sizes.size());
  level_.assign(count, 0);
  // Sources have the highest numbers.
  for (uint32_t c = count; c-- > 0;) {
    for (uint32_t i = begin_[c]; i < begin_[c + 1]; ++i) {
      level_[to_[i]] = std::max(level_[to_[i]], level_[c] + 1);
    }
  }
  for (uint32_t turn = 0; turn < kLabels; ++turn) BuildLabel(turn, &labels_[turn]);
}

void ReachIndex::BuildArcs(const View& view) {
  const auto count = static_cast<uint32_t>(components_.sizes.size());
  begin_.assign(count + 1, 0);
  const auto for_each_arc = [&](auto f) {
    for (uint32_t node = 0; node < view.nodes(); ++node) {
      uint32_t cursor = 0;
      for (uint32_t to = view.Next(node, &cursor); to != kNoNode; to = view.Next(node, &cursor)) {
        if (components_.of[node] != components_.of[to]) f(components_.of[node], components_.of[to]);
      }
    }
  };
  for_each_arc([this](uint32_t from, uint32_t) { ++begin_[from + 1]; });
  for (uint32_t c = 0; c < count; ++c) begin_[c + 1] += begin_[c];
  to_.resize(begin_[count]);
  std::vector<uint32_t> place(begin_.begin(), begin_.end() - 1);
  for_each_arc([&](uint32_t from, uint32_t to) { to_[place[from]++] = to; });
}

// Post-order of a depth-first walk; each turn walks roots and children in another order.
void ReachIndex::BuildLabel(uint32_t turn, Label* label) const {
  struct Frame {
    uint32_t component;
    uint32_t step;
  };
  const auto count = static_cast<uint32_t>(components_.sizes.size());
  label->low.assign(count, kNoNode);
  label->high.assign(count, kNoNode);
  std::vector<bool> seen(count, false);
  std::vector<Frame> frames;
  uint32_t rank = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t root = turn % 2 == 0 ? count - 1 - i : (i + count / 2) % count;
    if (seen[root]) continue;
    seen[root] = true;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      Frame& top = frames.back();
      const uint32_t c = top.component;
      const uint32_t degree = begin_[c + 1] - begin_[c];
      if (top.step == degree) {
        label->high[c] = rank++;
        label->low[c] = std::min(label->low[c], label->high[c]);
        frames.pop_back();
        if (!frames.empty()) {
          uint32_t& low = label->low[frames.back().component];
          low = std::min(low, label->low[c]);
        }
        continue;
      }
      const uint32_t step = top.step++;
      const uint32_t child = to_[begin_[c] + (turn == 0 ? step : degree - 1 - step)];
      if (seen[child]) {
        // Finished already: there is no cycle here.
        label->low[c] = std::min(label->low[c], label->low[child]);
      } else {
        seen[child] = true;
        frames.push_back({child, 0});
      }
    }
  }
}

}  // namespace quadraft::jepsen
