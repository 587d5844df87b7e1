// The W3C's query evaluation tests, SPARQL 1.0 and 1.1: data, query and expected answer; ours goes through the JSON (or
// N-Triples) writer and back. Prints a table; the failing tests must be those of testdata/w3c_expected_failures.txt, each
// with its reason there.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/rdf/isomorphism.h"
#include "core/rdf/syntax.h"
#include "gtest/gtest.h"
#include "sparql/engine.h"
#include "sparql/parser/parser.h"
#include "sparql/result_set_reader.h"
#include "sparql/testing/memory_view.h"
#include "sparql/testing/w3c.h"

namespace quadraft::sparql {
namespace {

constexpr const char* kSuites[] = {
    "sparql11/aggregates", "sparql11/bind", "sparql11/bindings", "sparql11/cast", "sparql11/construct",
    "sparql11/exists", "sparql11/functions", "sparql11/grouping", "sparql11/json-res", "sparql11/negation",
    "sparql11/project-expression", "sparql11/property-path", "sparql11/subquery",
    "sparql10/algebra", "sparql10/ask", "sparql10/basic", "sparql10/bnode-coreference",
    "sparql10/boolean-effective-value", "sparql10/bound", "sparql10/cast", "sparql10/construct", "sparql10/dataset",
    "sparql10/distinct", "sparql10/expr-builtin", "sparql10/expr-equals", "sparql10/expr-ops", "sparql10/graph",
    "sparql10/i18n", "sparql10/open-world", "sparql10/optional", "sparql10/optional-filter", "sparql10/reduced",
    "sparql10/regex", "sparql10/solution-seq", "sparql10/sort", "sparql10/triple-match", "sparql10/type-promotion"};

StatusOr<std::string> Answer(Query query, std::shared_ptr<const store::ReadView> view, ResultFormat format) {
  QueryLimits limits;
  limits.now = WallTime{1'700'000'000'000'000};
  limits.random_seed = 7;
  QR_ASSIGN_OR_RETURN(auto running, StartQuery(std::move(query), std::move(view), format, limits));
  std::string answer;
  while (!running->done()) {
    QR_ASSIGN_OR_RETURN(const std::string piece, running->NextPiece(1000));
    answer += piece;
  }
  return answer;
}

bool IsOrdered(const Pattern* pattern) {
  while (pattern != nullptr) {
    if (pattern->kind == PatternKind::kOrderBy) return true;
    const bool wrapper = pattern->kind == PatternKind::kProject || pattern->kind == PatternKind::kSlice ||
                         pattern->kind == PatternKind::kDistinct || pattern->kind == PatternKind::kReduced;
    pattern = wrapper ? pattern->children[0].get() : nullptr;
  }
  return false;
}

// Turtle and its kin, and the suites' RDF/XML.
StatusOr<std::vector<rdf::Quad>> Read(const W3cSuite& suite, const rdf::Term& file, const rdf::Term& graph,
                                      const std::string& blank_prefix) {
  QR_ASSIGN_OR_RETURN(const std::string text, suite.Load(file));
  if (file.value.ends_with(".rdf")) return ReadSimpleRdfXml(text, file.value, graph, blank_prefix);
  return ParseRdf(text, file.value, file.value, graph, blank_prefix);
}

// The default graph, the named graphs, and what FROM and FROM NAMED name.
StatusOr<std::vector<rdf::Quad>> LoadData(const W3cSuite& suite, const W3cTest& test, const Dataset& dataset) {
  std::vector<rdf::Quad> all;
  const auto add = [&](const rdf::Term& file, const rdf::Term& graph) -> Status {
    // Blank nodes of two documents are never the same.
    QR_ASSIGN_OR_RETURN(const auto quads, Read(suite, file, graph, StrCat("d", all.size())));
    all.insert(all.end(), quads.begin(), quads.end());
    return OkStatus();
  };
  for (const rdf::Term& file : suite.Objects(test.action, "data")) {
    QR_RETURN_IF_ERROR(add(file, rdf::Term::DefaultGraph()));
  }
  for (const rdf::Term& graph : suite.Objects(test.action, "graphData")) {
    const auto file = suite.Object(graph, "graph");
    const auto label = suite.Object(graph, "label");
    if (file && label) {
      QR_RETURN_IF_ERROR(add(*file, rdf::Term::Iri(label->value)));
    } else {
      QR_RETURN_IF_ERROR(add(graph, graph));
    }
  }
  std::set<rdf::Term> loaded;
  for (const auto* graphs : {&dataset.default_graphs, &dataset.named_graphs}) {
    for (const rdf::Term& graph : *graphs) {
      if (loaded.insert(graph).second) QR_RETURN_IF_ERROR(add(graph, graph));
    }
  }
  return all;
}

// REDUCED may leave out as many doubles as it likes (mf:LaxCardinality): the same rows, none more often than expected.
std::string LaxDifference(ResultSet expected, ResultSet actual) {
  if (actual.rows.size() > expected.rows.size()) return StrCat("too many rows: ", actual.rows.size());
  for (ResultSet* set : {&expected, &actual}) {
    std::sort(set->rows.begin(), set->rows.end());
    set->rows.erase(std::unique(set->rows.begin(), set->rows.end()), set->rows.end());
  }
  return Difference(expected, actual, false);
}

// "" when the test passes.
StatusOr<std::string> RunTest(const W3cSuite& suite, const W3cTest& test) {
  const auto file = suite.Object(test.action, "query");
  if (!file) return InvalidArgument("no query");
  QR_ASSIGN_OR_RETURN(const std::string text, suite.Load(*file));
  ParseOptions options;
  options.base = file->value;
  QR_ASSIGN_OR_RETURN(Query query, ParseQuery(text, options));
  QR_ASSIGN_OR_RETURN(auto data, LoadData(suite, test, query.dataset));
  const auto view = MemoryView::Of(std::move(data));
  const std::string& name = test.result.value;
  const bool graph_answer = query.form == QueryForm::kConstruct || query.form == QueryForm::kDescribe;
  const bool ordered = IsOrdered(query.pattern.get());
  QR_ASSIGN_OR_RETURN(const std::string answer,
                      Answer(std::move(query), view, graph_answer ? ResultFormat::kNTriples : ResultFormat::kJson));
  if (graph_answer) {
    QR_ASSIGN_OR_RETURN(const auto expected, suite.LoadQuads(test.result, rdf::Term::DefaultGraph()));
    QR_ASSIGN_OR_RETURN(const auto actual, ParseRdf(answer, "answer.nt", "", rdf::Term::DefaultGraph(), "a"));
    return rdf::Isomorphic(expected, actual) ? std::string() : StrCat("got:\n", answer);
  }
  QR_ASSIGN_OR_RETURN(const ResultSet actual, ReadResultJson(answer));
  ResultSet expected;
  if (name.ends_with(".srx") || name.ends_with(".srj")) {
    QR_ASSIGN_OR_RETURN(const std::string bytes, suite.Load(test.result));
    QR_ASSIGN_OR_RETURN(expected, name.ends_with(".srx") ? ReadResultXml(bytes) : ReadResultJson(bytes));
  } else {
    QR_ASSIGN_OR_RETURN(const auto quads, Read(suite, test.result, rdf::Term::DefaultGraph(), "r"));
    QR_ASSIGN_OR_RETURN(expected, ReadResultRdf(quads));
  }
  if (std::string_view(test.action.value).find("reduced") != std::string_view::npos || test.name.starts_with("reduced")) {
    return LaxDifference(expected, actual);
  }
  return Difference(expected, actual, ordered && (expected.indexed || name.ends_with(".srx")));
}

// "suite/test  reason" by line.
std::map<std::string, std::string> ExpectedFailures() {
  std::map<std::string, std::string> out;
  std::ifstream file("sparql/testdata/w3c_expected_failures.txt");
  EXPECT_TRUE(file.good()) << "the list of expected failures is missing";
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find(' ');
    EXPECT_NE(blank, std::string::npos) << "no reason: " << line;
    out[line.substr(0, blank)] = line.substr(std::min(line.size(), blank + 1));
  }
  return out;
}

TEST(W3cQueryTest, FailuresAreTheExpectedOnes) {
  auto expected = ExpectedFailures();
  size_t passed_all = 0, run_all = 0;
  for (const char* folder : kSuites) {
    std::string why_not;
    const auto suite = W3cSuite::Open(folder, &why_not);
    if (!suite.has_value()) GTEST_SKIP() << why_not;
    size_t passed = 0, run = 0;
    for (const W3cTest& test : suite->tests()) {
      if (test.kind != "QueryEvaluationTest") continue;
      ++run;
      const StatusOr<std::string> outcome = RunTest(*suite, test);
      const std::string why = outcome.ok() ? *outcome : ToString(outcome.status());
      const std::string id = StrCat(folder, "/", test.name);
      if (expected.erase(id) > 0) {
        EXPECT_NE(why, "") << id << " passes now: take it off the list";
      } else {
        EXPECT_EQ(why, "") << id;
      }
      passed += why.empty();
    }
    EXPECT_GT(run, 0u) << folder;
    std::printf("%-36s %3zu of %3zu\n", folder, passed, run);
    passed_all += passed, run_all += run;
  }
  std::printf("%-36s %3zu of %3zu\n", "all", passed_all, run_all);
  for (const auto& [id, reason] : expected) ADD_FAILURE() << "expected to fail, but there is no such test: " << id;
}

}  // namespace
}  // namespace quadraft::sparql
