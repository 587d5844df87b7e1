#include "jepsen/txn/cycle_svg.h"

#include "core/base/strings.h"
#include "gtest/gtest.h"

namespace quadraft::jepsen {
namespace {

CycleDrawing Ring(size_t boxes) {
  CycleDrawing drawing;
  drawing.title = "G-single <item>";
  for (size_t i = 0; i < boxes; ++i) {
    drawing.boxes.push_back({StrCat("T", i + 1), "process 1 [[:append \"a&b\" 1]]"});
    drawing.arrows.push_back({i, (i + 1) % boxes, i == 0 ? "rw" : "wr", "because"});
  }
  return drawing;
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(CycleSvg, BoxesArrowsAndReasons) {
  const std::string svg = DrawCycle(Ring(3));
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(Count(svg, "<rect x="), 3u);
  EXPECT_EQ(Count(svg, "marker-end="), 3u);
  EXPECT_EQ(Count(svg, "url(#to-rw)"), 1u);
  EXPECT_EQ(Count(svg, "T1 -rw-&gt; T2: because"), 1u);
  EXPECT_NE(svg.find("G-single &lt;item&gt;"), std::string::npos);
  EXPECT_NE(svg.find("&quot;a&amp;b&quot;"), std::string::npos);
  EXPECT_EQ(svg, DrawCycle(Ring(3)));
}

TEST(CycleSvg, LongCyclesSayWhatIsLeftOut) {
  const std::string svg = DrawCycle(Ring(1000));
  EXPECT_EQ(Count(svg, "<rect x="), kDrawnBoxesMax);
  EXPECT_NE(svg.find("984 of them, before the last one, are left out here"), std::string::npos);
  EXPECT_EQ(Count(DrawCycle(Ring(kDrawnBoxesMax)), "left out"), 0u);
}

TEST(CycleSvg, LongTextIsWrapped) {
  CycleDrawing drawing = Ring(2);
  drawing.boxes[0].text = std::string(5000, 'x');
  const std::string svg = DrawCycle(drawing);
  EXPECT_EQ(Count(svg, "(cut here)"), 1u);
}

}  // namespace
}  // namespace quadraft::jepsen
