// What a checker found, in a shape that every checker can fill and the command line and the HTML
// page can show: it knows neither linearizability nor transactions.
//
// Operations are named by their index into History::Operations(), so that nobody copies them.
//
//   Report report;
//   report.outcome = Outcome::kBad;
//   report.verdict = "NOT-serializable";
//   report.summary = "3 transactions, 1 anomaly";
//   report.anomalies.push_back({.name = "G-single", .what = "...", .edges = {{3, 7, "rw",
//   "..."}}});
#ifndef QUADRAFT_JEPSEN_REPORT_REPORT_H_
#define QUADRAFT_JEPSEN_REPORT_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"

namespace quadraft::jepsen {

enum class Outcome : uint8_t { kGood, kBad, kUnknown };

// One operation's place in the order that was found.
struct ReportPoint {
  size_t operation = 0;
  // The real time of the point, in events: it took effect between event floor(at) and the next.
  double at = 0;
  std::string state;  // After it, in words: "value 3".
};

// An operation that could not follow the points, and why.
struct ReportStuck {
  size_t operation = 0;
  std::string why;       // "it read 2, but the value was 1"
  bool illegal = false;  // The one that must come next, and cannot.
};

// A part of the history that was judged apart: one object, or everything.
struct ReportPart {
  std::string name;  // "" when there is only one.
  Outcome outcome = Outcome::kGood;
  std::vector<size_t> operations;  // In order of invoke.
  std::string initial;             // The state before the first point, in words.
  std::vector<ReportPoint> points;
  std::vector<ReportStuck> stuck;
  std::string explanation;  // "" when good.
};

// "`from` comes before `to`, because `why`".
struct ReportEdge {
  size_t from = 0;
  size_t to = 0;
  std::string kind;  // "ww", "wr", "rw", "process", "realtime".
  std::string why;
};

struct ReportAnomaly {
  std::string name;                // "G-single", "lost-update".
  std::string what;                // In words.
  std::vector<size_t> operations;  // That take part, when there is no cycle (also with one).
  std::vector<ReportEdge> edges;   // A cycle: each edge starts where the one before ended.
  std::string svg;  // A drawing of the cycle, escaped by who made it; "": the page draws its own.
};

struct Report {
  Outcome outcome = Outcome::kGood;
  std::string verdict;      // "linearizable", "NOT-linearizable", "unknown".
  std::string summary;      // "170 operations, 1 object".
  std::string explanation;  // Lines in words; "" when good.
  // The history could not be judged at all: the reason. Then the rest is empty.
  Status error;
  // For the page only; a checker fills them when CheckOptions::wants_page() says so.
  std::vector<ReportPart> parts;
  std::vector<ReportAnomaly> anomalies;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REPORT_REPORT_H_
