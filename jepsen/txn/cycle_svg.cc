#include "jepsen/txn/cycle_svg.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/strings.h"

namespace quadraft::jepsen {
namespace {

constexpr int kWidth = 900;
constexpr int kBoxWidth = 56;
constexpr int kBoxHeight = 30;
constexpr int kLine = 18;         // Height of a line of text.
constexpr size_t kColumns = 118;  // Characters in a line.
constexpr size_t kLinesMax = 6;   // Of one paragraph.

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no other control characters.
        out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out;
}

std::string_view Colour(std::string_view kind) {
  if (kind == "ww") return "#b3261e";
  if (kind == "wr") return "#1f6feb";
  if (kind == "rw") return "#b86a00";
  if (kind == "process") return "#6e40c9";
  return "#3d444d";
}

struct Point {
  int x = 0;
  int y = 0;
};

Point Rounded(double x, double y) {
  return {static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y))};
}

// The boxes that are drawn, by index: all, or the first ones and the last.
std::vector<size_t> Shown(size_t boxes) {
  std::vector<size_t> shown;
  for (size_t i = 0; i < boxes; ++i) {
    if (boxes <= kDrawnBoxesMax || i + 1 < kDrawnBoxesMax || i + 1 == boxes) shown.push_back(i);
  }
  return shown;
}

class Drawer {
 public:
  explicit Drawer(const CycleDrawing& drawing)
      : drawing_(drawing), shown_(Shown(drawing.boxes.size())) {
    radius_ = shown_.size() <= 2 ? 110 : 60 + 26 * static_cast<int>(shown_.size());
    radius_ = std::min(radius_, kWidth / 2 - 90);
    centre_ = {kWidth / 2, radius_ + 80};
  }

  std::string Draw() {
    Heading();
    for (size_t i = 0; i < shown_.size(); ++i) DrawArrow(i);
    for (size_t i = 0; i < shown_.size(); ++i) DrawBox(i);
    Legend();
    std::string svg = StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", kWidth,
                             "\" height=\"", y_ + 10, "\" viewBox=\"0 0 ", kWidth, " ", y_ + 10,
                             "\" font-family=\"monospace\" font-size=\"12\">\n");
    StrAppend(&svg, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", Markers(), body_,
              "</svg>\n");
    return svg;
  }

 private:
  static std::string Markers() {
    std::string out = "<defs>\n";
    for (const std::string_view kind : {"ww", "wr", "rw", "process", "realtime"}) {
      StrAppend(&out, "<marker id=\"to-", kind,
                "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" "
                "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L10 5 L0 10 z\" fill=\"",
                Colour(kind), "\"/></marker>\n");
    }
    return out + "</defs>\n";
  }

  void Heading() {
    StrAppend(&body_, "<text x=\"20\" y=\"28\" font-size=\"16\" font-weight=\"bold\">",
              Escaped(drawing_.title), "</text>\n");
    if (shown_.size() < drawing_.boxes.size()) {
      StrAppend(&body_, "<text x=\"20\" y=\"46\">", drawing_.boxes.size(), " transactions; ",
                drawing_.boxes.size() - shown_.size(),
                " of them, before the last one, are left out here</text>\n");
    }
  }

  double Angle(size_t i) const {
    constexpr double kPi = 3.14159265358979323846;
    return -kPi / 2 + 2 * kPi * static_cast<double>(i) / static_cast<double>(shown_.size());
  }

  Point Centre(size_t i) const {
    return Rounded(centre_.x + radius_ * std::cos(Angle(i)),
                   centre_.y + radius_ * std::sin(Angle(i)));
  }

  // Where the line from a box's centre towards `to` leaves the box.
  static Point Rim(Point box, Point to) {
    const double dx = to.x - box.x;
    const double dy = to.y - box.y;
    const double scale = 1 / std::max({std::abs(dx) / (kBoxWidth / 2.0 + 3),
                                       std::abs(dy) / (kBoxHeight / 2.0 + 3), 0.001});
    return Rounded(box.x + dx * scale, box.y + dy * scale);
  }

  // Arrows bend outwards, so that two between the same boxes stay apart.
  void DrawArrow(size_t i) {
    const size_t next = (i + 1) % shown_.size();
    const CycleDrawing::Arrow& arrow = drawing_.arrows[shown_[i]];
    const bool skips = shown_[next] != arrow.to;
    const Point a = Centre(i);
    const Point b = Centre(next);
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double bend = shown_.size() == 2 ? 0.35 : 0.12;
    const Point control = Rounded((a.x + b.x) / 2.0 + bend * dy, (a.y + b.y) / 2.0 - bend * dx);
    const Point start = Rim(a, control);
    const Point end = Rim(b, control);
    const std::string_view kind = skips ? std::string_view("realtime") : arrow.kind;
    const bool dashed = skips || kind == "realtime" || kind == "process";
    StrAppend(&body_, "<path d=\"M", start.x, " ", start.y, " Q", control.x, " ", control.y, " ",
              end.x, " ", end.y, "\" fill=\"none\" stroke=\"", Colour(kind),
              "\" stroke-width=\"2\"", dashed ? " stroke-dasharray=\"6 4\"" : "",
              " marker-end=\"url(#to-", kind, ")\"><title>",
              skips ? std::string("left out") : Escaped(arrow.why), "</title></path>\n");
    const Point label = Rounded(0.25 * start.x + 0.5 * control.x + 0.25 * end.x,
                                0.25 * start.y + 0.5 * control.y + 0.25 * end.y);
    StrAppend(&body_, "<text x=\"", label.x, "\" y=\"", label.y + 4,
              "\" text-anchor=\"middle\" font-weight=\"bold\" stroke=\"#ffffff\" "
              "stroke-width=\"4\" paint-order=\"stroke\" fill=\"",
              Colour(kind), "\">", skips ? std::string("...") : Escaped(arrow.kind), "</text>\n");
  }

  void DrawBox(size_t i) {
    const Point centre = Centre(i);
    const CycleDrawing::Box& box = drawing_.boxes[shown_[i]];
    StrAppend(&body_, "<g><title>", Escaped(box.text), "</title><rect x=\"",
              centre.x - kBoxWidth / 2, "\" y=\"", centre.y - kBoxHeight / 2, "\" width=\"",
              kBoxWidth, "\" height=\"", kBoxHeight,
              "\" rx=\"5\" fill=\"#f6f8fa\" stroke=\"#3d444d\"/><text x=\"", centre.x, "\" y=\"",
              centre.y + 4, "\" text-anchor=\"middle\" font-weight=\"bold\">", Escaped(box.name),
              "</text></g>\n");
  }

  void Legend() {
    y_ = centre_.y + radius_ + 50;
    for (const size_t i : shown_) {
      Paragraph(StrCat(drawing_.boxes[i].name, " = ", drawing_.boxes[i].text), "#1f2328");
    }
    y_ += kLine / 2;
    for (size_t i = 0; i < shown_.size(); ++i) {
      const CycleDrawing::Arrow& arrow = drawing_.arrows[shown_[i]];
      Paragraph(StrCat(drawing_.boxes[arrow.from].name, " -", arrow.kind, "-> ",
                       drawing_.boxes[arrow.to].name, ": ", arrow.why),
                Colour(arrow.kind));
    }
  }

  void Paragraph(std::string_view text, std::string_view colour) {
    for (size_t line = 0; !text.empty(); ++line) {
      const bool last = line + 1 == kLinesMax;
      size_t length = std::min(kColumns, text.size());
      if (length < text.size() && !last) {
        const size_t space = text.rfind(' ', length);
        if (space != std::string_view::npos && space > kColumns / 2) length = space + 1;
        // Not in the middle of a character.
        while (length > 1 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
      }
      const bool cut = last && length < text.size();
      while (cut && length > 1 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
        --length;
      }
      StrAppend(&body_, "<text x=\"", line == 0 ? 20 : 48, "\" y=\"", y_, "\" fill=\"", colour,
                "\">", Escaped(text.substr(0, length)), cut ? " (cut here)" : "", "</text>\n");
      y_ += kLine;
      text.remove_prefix(cut ? text.size() : length);
    }
  }

  const CycleDrawing& drawing_;
  const std::vector<size_t> shown_;
  int radius_ = 0;
  Point centre_;
  int y_ = 0;
  std::string body_;
};

}  // namespace

std::string DrawCycle(const CycleDrawing& drawing) { return Drawer(drawing).Draw(); }

}  // namespace quadraft::jepsen
