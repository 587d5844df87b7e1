// What the evaluation tests of the W3C's suites consist of, read from disk: data, and expected
// answers. For every engine that is held against them.
#ifndef QUADRAFT_SPARQL_TESTING_W3C_DATA_H_
#define QUADRAFT_SPARQL_TESTING_W3C_DATA_H_

#include <ostream>
#include <string>
#include <vector>

#include "sparql/algebra/algebra.h"
#include "sparql/result_set_reader.h"
#include "sparql/testing/w3c.h"

namespace quadraft::sparql {

inline constexpr const char* kW3cQuerySuites[] = {"sparql11/aggregates",
                                                  "sparql11/bind",
                                                  "sparql11/bindings",
                                                  "sparql11/cast",
                                                  "sparql11/construct",
                                                  "sparql11/exists",
                                                  "sparql11/functions",
                                                  "sparql11/grouping",
                                                  "sparql11/json-res",
                                                  "sparql11/negation",
                                                  "sparql11/project-expression",
                                                  "sparql11/property-path",
                                                  "sparql11/subquery",
                                                  "sparql10/algebra",
                                                  "sparql10/ask",
                                                  "sparql10/basic",
                                                  "sparql10/bnode-coreference",
                                                  "sparql10/boolean-effective-value",
                                                  "sparql10/bound",
                                                  "sparql10/cast",
                                                  "sparql10/construct",
                                                  "sparql10/dataset",
                                                  "sparql10/distinct",
                                                  "sparql10/expr-builtin",
                                                  "sparql10/expr-equals",
                                                  "sparql10/expr-ops",
                                                  "sparql10/graph",
                                                  "sparql10/i18n",
                                                  "sparql10/open-world",
                                                  "sparql10/optional",
                                                  "sparql10/optional-filter",
                                                  "sparql10/reduced",
                                                  "sparql10/regex",
                                                  "sparql10/solution-seq",
                                                  "sparql10/sort",
                                                  "sparql10/triple-match",
                                                  "sparql10/type-promotion"};

struct W3cUpdateSuite {
  std::string folder;
  size_t tests;  // How many update evaluation tests the manifest has.
  friend void PrintTo(const W3cUpdateSuite& suite, std::ostream* out) { *out << suite.folder; }
};
const std::vector<W3cUpdateSuite>& W3cUpdateSuites();

// Of a query test: the default graph, the named graphs, and what FROM and FROM NAMED name.
StatusOr<std::vector<rdf::Quad>> LoadQueryData(const W3cSuite& suite, const W3cTest& test,
                                               const Dataset& dataset);
// The rows or the boolean that a SELECT or ASK test expects.
StatusOr<ResultSet> LoadExpectedRows(const W3cSuite& suite, const W3cTest& test);
// Whether the rows' order is part of what is expected, when the query has an order at all.
bool ExpectsOrder(const Query& query, const W3cTest& test, const ResultSet& expected);
// REDUCED may leave out as many doubles as it likes (mf:LaxCardinality).
bool IsLax(const W3cTest& test);
// "" when the actual rows are the expected ones, none more often than expected.
std::string LaxDifference(ResultSet expected, ResultSet actual);

// Of an update test: the quads that ut:data and ut:graphData of the node describe.
StatusOr<std::vector<rdf::Quad>> LoadUpdateData(const W3cSuite& suite, const rdf::Term& node);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_TESTING_W3C_DATA_H_
