// A small history and what is to be found in it: the tables of list_micro_test.cc and
// register_micro_test.cc. What is expected of most is what Elle's own tests expect
// (test/elle/list_append_test.clj, rw_register_test.clj); where we see more, the case says so.
#ifndef QUADRAFT_JEPSEN_TXN_TESTING_MICRO_H_
#define QUADRAFT_JEPSEN_TXN_TESTING_MICRO_H_

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/testing/shorthand.h"

namespace quadraft::jepsen {

using Names = std::set<std::string>;
inline constexpr Timing kAtOnce = Timing::kConcurrent;
inline constexpr Timing kInTurn = Timing::kSequential;

struct Micro {
  std::string name;
  std::string txns;
  Timing timing;
  std::vector<std::string> consistency;
  std::vector<std::string> anomalies;
  Names found;  // Prohibited ones; none: good.
  Names broken;
};

inline void PrintTo(const Micro& micro, std::ostream* out) { *out << micro.name; }

inline Names Prohibited(const TxnReport& report) {
  Names names;
  for (const TxnReport::Count& count : report.counts) {
    if (count.prohibited) names.insert(count.anomaly);
  }
  return names;
}

inline void Expect(const Micro& micro, const TxnReport& report) {
  ASSERT_TRUE(report.error.ok()) << report.error;
  EXPECT_EQ(Prohibited(report), micro.found) << report.explanation;
  EXPECT_EQ(report.outcome, micro.found.empty() ? Outcome::kGood : Outcome::kBad)
      << report.summary << "\n"
      << report.explanation;
  EXPECT_EQ(report.explanation.empty(), micro.found.empty());
  EXPECT_EQ(ToStatus(report).ok(), micro.found.empty());
  if (!micro.broken.empty()) {
    EXPECT_EQ(Names(report.not_models.begin(), report.not_models.end()), micro.broken);
  }
  for (const ReportAnomaly& anomaly : report.anomalies) {
    EXPECT_FALSE(anomaly.what.empty()) << anomaly.name;
    EXPECT_EQ(anomaly.svg.empty(), anomaly.edges.empty()) << anomaly.name;
    for (size_t i = 0; i < anomaly.edges.size(); ++i) {
      const ReportEdge& edge = anomaly.edges[i];
      EXPECT_EQ(edge.to, anomaly.edges[(i + 1) % anomaly.edges.size()].from) << anomaly.what;
      EXPECT_EQ(edge.why.find("depend on each other"), std::string::npos)
          << anomaly.what << " an edge without a reason";
    }
  }
}

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_TESTING_MICRO_H_
