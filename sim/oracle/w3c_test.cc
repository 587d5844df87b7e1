// The oracle against the W3C's evaluation tests, SPARQL 1.0 and 1.1, queries and updates. What is
// outside its coverage stands in testdata/w3c_outside.txt, one "suite/test reason" per line;
// everything else must pass. Prints the counts.
#include "sparql/testing/w3c.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "core/rdf/isomorphism.h"
#include "gtest/gtest.h"
#include "sim/oracle/oracle.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/w3c_data.h"

namespace quadraft::sim::oracle {
namespace {

using sparql::ResultSet;
using sparql::W3cSuite;
using sparql::W3cTest;

ResultSet ToResultSet(const Answer& answer) {
  ResultSet set;
  set.boolean = answer.boolean;
  set.variables = answer.columns;
  for (const Row& row : answer.rows) {
    auto& out = set.rows.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i]) out[answer.columns[i]] = *row[i];
    }
  }
  return set;
}

// "" when it passes; Unimplemented when it is outside the coverage.
StatusOr<std::string> RunQuery(const W3cSuite& suite, const W3cTest& test) {
  const auto file = suite.Object(test.action, "query");
  if (!file) return InvalidArgument("no query");
  QR_ASSIGN_OR_RETURN(const std::string text, suite.Load(*file));
  sparql::ParseOptions options;
  options.base = file->value;
  QR_ASSIGN_OR_RETURN(const sparql::Query query, sparql::ParseQuery(text, options));
  QR_ASSIGN_OR_RETURN(const auto quads, LoadQueryData(suite, test, query.dataset));
  const Dataset data(quads);
  QR_ASSIGN_OR_RETURN(const Answer answer, Evaluate(query, data));
  if (query.form == sparql::QueryForm::kConstruct) {
    QR_ASSIGN_OR_RETURN(const auto expected,
                        suite.LoadQuads(test.result, rdf::Term::DefaultGraph()));
    return rdf::Isomorphic(expected, answer.quads) ? "" : "another graph";
  }
  QR_ASSIGN_OR_RETURN(const ResultSet expected, LoadExpectedRows(suite, test));
  if (IsLax(test)) return LaxDifference(expected, ToResultSet(answer));
  return Difference(expected, ToResultSet(answer), ExpectsOrder(query, test, expected));
}

StatusOr<std::string> RunUpdate(const W3cSuite& suite, const W3cTest& test) {
  QR_ASSIGN_OR_RETURN(const auto before, LoadUpdateData(suite, test.action));
  QR_ASSIGN_OR_RETURN(const auto expected, LoadUpdateData(suite, test.result));
  const auto file = suite.Object(test.action, "request");
  if (!file) return InvalidArgument("no request");
  QR_ASSIGN_OR_RETURN(const std::string text, suite.Load(*file));
  sparql::ParseOptions options;
  options.base = file->value;
  QR_ASSIGN_OR_RETURN(const sparql::Update update, sparql::ParseUpdate(text, options));
  QR_ASSIGN_OR_RETURN(const Dataset after, Apply(update, Dataset(before), "u"));
  return SameData(after, Dataset(expected)) ? "" : "another dataset";
}

class W3cOracleTest : public testing::Test {
 protected:
  void Count(const std::string& id, const StatusOr<std::string>& outcome) {
    ++run_;
    if (absl::IsUnimplemented(outcome.status())) {
      outside_[id] = Message(outcome.status());
    } else {
      const std::string why = outcome.ok() ? *outcome : ToString(outcome.status());
      EXPECT_EQ(why, "") << id;
      passed_ += why.empty();
    }
  }

  // Those of `kind` in the list, against those that were found.
  void CheckOutside(const std::string& kind) {
    std::map<std::string, std::string> listed;
    std::ifstream file("sim/oracle/testdata/w3c_outside.txt");
    ASSERT_TRUE(file.good()) << "the list is missing";
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(kind + " ")) continue;
      line.erase(0, kind.size() + 1);
      const size_t blank = line.find(' ');
      ASSERT_NE(blank, std::string::npos) << line;
      listed[line.substr(0, blank)] = line.substr(blank + 1);
    }
    for (const auto& [id, why] : outside_) {
      EXPECT_TRUE(listed.contains(id)) << "not listed: " << kind << " " << id << " " << why;
    }
    for (const auto& [id, why] : listed) {
      EXPECT_TRUE(outside_.contains(id)) << "judged now, take it off the list: " << id;
    }
    std::printf("%s: %zu of %zu judged and passed, %zu outside the coverage\n", kind.c_str(),
                passed_, run_, outside_.size());
  }

  size_t run_ = 0, passed_ = 0;
  std::map<std::string, std::string> outside_;
};

TEST_F(W3cOracleTest, Queries) {
  for (const char* folder : sparql::kW3cQuerySuites) {
    std::string why_not;
    const auto suite = W3cSuite::Open(folder, &why_not);
    if (!suite.has_value()) GTEST_SKIP() << why_not;
    for (const W3cTest& test : suite->tests()) {
      if (test.kind == "QueryEvaluationTest")
        Count(StrCat(folder, "/", test.name), RunQuery(*suite, test));
    }
  }
  CheckOutside("query");
  EXPECT_GT(passed_, 300u);
}

TEST_F(W3cOracleTest, Updates) {
  for (const auto& [folder, tests] : sparql::W3cUpdateSuites()) {
    std::string why_not;
    const auto suite = W3cSuite::Open(folder, &why_not);
    if (!suite.has_value()) GTEST_SKIP() << why_not;
    for (const W3cTest& test : suite->tests()) {
      if (test.kind == "UpdateEvaluationTest")
        Count(StrCat(folder, "/", test.name), RunUpdate(*suite, test));
    }
  }
  CheckOutside("update");
  EXPECT_GE(passed_, 90u);
}

}  // namespace
}  // namespace quadraft::sim::oracle
