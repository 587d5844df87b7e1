// A cycle of transactions drawn as SVG: boxes on a circle, an arrow per edge with its kind and
// reason. Plain text in, escaped here; no scripts, no fonts from elsewhere, readable on its own.
//
//   std::string svg = DrawCycle({"G-single", {{"T1", "[[:append 3 1]]"}, ...}, {{0, 1, "rw",
//   "..."}}});
#ifndef QUADRAFT_JEPSEN_TXN_CYCLE_SVG_H_
#define QUADRAFT_JEPSEN_TXN_CYCLE_SVG_H_

#include <cstddef>
#include <string>
#include <vector>

namespace quadraft::jepsen {

struct CycleDrawing {
  struct Box {
    std::string name;
    std::string text;
  };
  struct Arrow {
    size_t from = 0;  // Index into boxes.
    size_t to = 0;
    std::string kind;
    std::string why;
  };
  std::string title;
  std::vector<Box> boxes;
  std::vector<Arrow> arrows;
};

// At most so many boxes stand on the circle; of a longer cycle the middle is left out, and the
// drawing says so.
inline constexpr size_t kDrawnBoxesMax = 16;

std::string DrawCycle(const CycleDrawing& drawing);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_CYCLE_SVG_H_
