// Reads query results back, for tests: SPARQL XML (.srx) and JSON (.srj) results, and result sets written in RDF (the
// W3C's result-set vocabulary).
//
//   QR_ASSIGN_OR_RETURN(ResultSet expected, ReadResultXml(text));
//   EXPECT_EQ(Difference(expected, actual, /*ordered=*/false), "");
//
// Small on purpose: it accepts what results look like and is no general XML or JSON parser.
#ifndef QUADRAFT_SPARQL_RESULT_SET_READER_H_
#define QUADRAFT_SPARQL_RESULT_SET_READER_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/rdf/term.h"

namespace quadraft::sparql {

struct ResultSet {
  std::optional<bool> boolean;  // ASK.
  std::vector<std::string> variables;
  std::vector<std::map<std::string, rdf::Term>> rows;
  bool indexed = false;         // The order of the rows was written down (rs:index).
};

StatusOr<ResultSet> ReadResultXml(std::string_view text);
StatusOr<ResultSet> ReadResultJson(std::string_view text);
// InvalidArgument when the quads hold no rs:ResultSet.
StatusOr<ResultSet> ReadResultRdf(const std::vector<rdf::Quad>& quads);

// The triples of an RDF/XML file of the kind that the suites have: node elements with rdf:about or rdf:nodeID, property
// elements with rdf:resource, rdf:nodeID, rdf:datatype, rdf:parseType="Resource" or text. InvalidArgument on anything else.
StatusOr<std::vector<rdf::Quad>> ReadSimpleRdfXml(std::string_view text, const std::string& base, const rdf::Term& graph,
                                                  const std::string& blank_prefix);

// "" when both say the same: the same rows as often, up to the names of blank nodes, in the same order when `ordered`, and
// the same booleans. Numbers are compared by datatype and value. Otherwise both, printed.
std::string Difference(const ResultSet& expected, const ResultSet& actual, bool ordered);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_RESULT_SET_READER_H_
