#include "jepsen/report/html.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/base/strings.h"
#include "jepsen/history/own_format.h"

namespace quadraft::jepsen {

// Made from page.html, page.css and page.js by the build.
extern const char kPageHtml[];
extern const char kPageCss[];
extern const char kPageJs[];

namespace {

std::string_view ClassOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kGood:
      return "good";
    case Outcome::kBad:
      return "bad";
    case Outcome::kUnknown:
      break;
  }
  return "unknown";
}

void AppendText(std::string_view text, size_t bytes_max, std::string* out) {
  AppendJsonString(Shorten(text, bytes_max), out);
}

void AppendNumbers(const std::vector<size_t>& numbers, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < numbers.size(); ++i) StrAppend(out, i > 0 ? "," : "", numbers[i]);
  out->push_back(']');
}

// Three digits after the point are enough: points share a gap between two events.
void AppendPlace(double place, std::string* out) {
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), place, std::chars_format::fixed, 3);
  out->append(digits, static_cast<size_t>(end.ptr - digits));
}

// [process, f, input, output, outcome, from, to, from time, to time, line, key]; to is -1 when
// there is no completion.
void AppendOperation(const Operation& operation, std::string* out) {
  StrAppend(out, "[", operation.process, ",");
  AppendJsonString(operation.f, out);
  out->push_back(',');
  AppendText(operation.input.ToString(), kPageTextMax, out);
  out->push_back(',');
  AppendText(operation.output.ToString(), kPageTextMax, out);
  StrAppend(out, ",\"", Name(operation.outcome), "\",", operation.invoked, ",");
  if (operation.completed == Operation::kNever) {
    out->append("-1");
  } else {
    StrAppend(out, operation.completed);
  }
  StrAppend(out, ",", operation.invoke_time, ",", operation.complete_time, ",", operation.line,
            ",");
  AppendText(operation.key.is_nil() ? "" : operation.key.ToString(), kPageTextMax, out);
  out->push_back(']');
}

void AppendPart(const ReportPart& part, std::string* out) {
  out->append("{\"name\":");
  AppendText(part.name, kPageTextMax, out);
  StrAppend(out, ",\"outcome\":\"", ClassOf(part.outcome), "\",\"operations\":");
  AppendNumbers(part.operations, out);
  out->append(",\"initial\":");
  AppendText(part.initial, kPageStateMax, out);
  out->append(",\"points\":[");
  for (size_t i = 0; i < part.points.size(); ++i) {
    const ReportPoint& point = part.points[i];
    StrAppend(out, i > 0 ? "," : "", "[", point.operation, ",");
    AppendPlace(point.at, out);
    out->push_back(',');
    AppendText(point.state, kPageStateMax, out);
    out->push_back(']');
  }
  out->append("],\"stuck\":[");
  for (size_t i = 0; i < part.stuck.size(); ++i) {
    const ReportStuck& stuck = part.stuck[i];
    StrAppend(out, i > 0 ? "," : "", "[", stuck.operation, ",");
    AppendText(stuck.why, kPageTextMax, out);
    StrAppend(out, ",", stuck.illegal ? "true" : "false", "]");
  }
  out->append("],\"explanation\":");
  AppendJsonString(part.explanation, out);
  out->push_back('}');
}

void AppendAnomaly(const ReportAnomaly& anomaly, std::string* out) {
  out->append("{\"name\":");
  AppendJsonString(anomaly.name, out);
  out->append(",\"what\":");
  AppendJsonString(anomaly.what, out);
  out->append(",\"operations\":");
  AppendNumbers(anomaly.operations, out);
  out->append(",\"edges\":[");
  for (size_t i = 0; i < anomaly.edges.size(); ++i) {
    const ReportEdge& edge = anomaly.edges[i];
    StrAppend(out, i > 0 ? "," : "", "[", edge.from, ",", edge.to, ",");
    AppendJsonString(edge.kind, out);
    out->push_back(',');
    AppendJsonString(edge.why, out);
    out->push_back(']');
  }
  out->append("],\"svg\":");
  AppendJsonString(anomaly.svg, out);
  out->push_back('}');
}

template <typename Items, typename Append>
void AppendList(std::string_view name, const Items& items, const Append& append, std::string* out) {
  StrAppend(out, ",\n\"", name, "\":[");
  bool is_first = true;
  for (const auto& item : items) {
    if (!std::exchange(is_first, false)) out->append(",\n");
    append(item, out);
  }
  out->push_back(']');
}

std::string Data(const std::vector<Operation>& operations, const History& history,
                 const Report& report) {
  std::string out = StrCat("{\"events\":", history.size(), ",\"explanation\":");
  AppendJsonString(report.explanation, &out);
  AppendList("operations", operations, AppendOperation, &out);
  const auto append_note = [](const Note& note, std::string* to) {
    StrAppend(to, "[", note.event, ",");
    AppendJsonString(note.who, to);
    to->push_back(',');
    AppendText(note.what, kPageTextMax, to);
    StrAppend(to, ",", note.time, "]");
  };
  AppendList("notes", history.notes(), append_note, &out);
  AppendList("parts", report.parts, AppendPart, &out);
  AppendList("anomalies", report.anomalies, AppendAnomaly, &out);
  out.push_back('}');
  return out;
}

// Replaces each @NAME@ of the template. What is put in is not looked at again.
std::string Fill(std::string_view page,
                 const std::vector<std::pair<std::string_view, std::string>>& names) {
  std::string out;
  while (!page.empty()) {
    const size_t at = page.find('@');
    out.append(page.substr(0, at));
    if (at == std::string_view::npos) break;
    page.remove_prefix(at);
    const auto found = std::find_if(names.begin(), names.end(), [page](const auto& name) {
      return page.starts_with(name.first);
    });
    out.append(found == names.end() ? page.substr(0, 1) : std::string_view(found->second));
    page.remove_prefix(found == names.end() ? 1 : found->first.size());
  }
  return out;
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view kSpecial = "&<>\"'";
    constexpr std::string_view kEntities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const size_t special = kSpecial.find(c);
    if (special == std::string_view::npos) {
      out.push_back(c);
    } else {
      out.append(kEntities[special]);
    }
  }
  return out;
}

std::string Shorten(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  const auto is_middle = [text](size_t at) { return (text[at] & 0xc0) == 0x80; };
  size_t head = bytes_max / 2;
  while (head > 0 && is_middle(head)) --head;
  size_t tail = text.size() - bytes_max / 2;
  while (tail < text.size() && is_middle(tail)) ++tail;
  return StrCat(text.substr(0, head), " ...(", tail - head, " bytes left out)... ",
                text.substr(tail));
}

StatusOr<std::string> ToHtml(const PageHead& head, const History& history, const Report& report) {
  QR_ASSIGN_OR_RETURN(const std::vector<Operation> operations, history.Operations());
  const std::string body = Fill(kPageHtml, {{"@TITLE@", EscapeHtml(head.title)},
                                            {"@OUTCOME@", std::string(ClassOf(report.outcome))},
                                            {"@VERDICT@", EscapeHtml(report.verdict)},
                                            {"@MODEL@", EscapeHtml(head.model)},
                                            {"@SUMMARY@", EscapeHtml(report.summary)}});
  return StrCat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>",
                EscapeHtml(head.title), ": ", EscapeHtml(report.verdict), "</title>\n<style>\n",
                kPageCss, "</style></head>\n<body>\n", body,
                "<script type=\"application/json\" id=\"data\">\n",
                Data(operations, history, report), "\n</script>\n<script>\n", kPageJs,
                "</script>\n</body></html>\n");
}

}  // namespace quadraft::jepsen
