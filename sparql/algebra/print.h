// The algebra as indented text, one operator per line: for golden tests and EXPLAIN.
//
//   project ?s ?n
//     filter (> ?n "3"^^xsd:integer)
//       basic
//         ?s <http://xmlns.com/foaf/0.1/name> ?n
//
// Two variables of one name (a subquery's own) are told apart by their numbers: ?x, ?x#7.
#ifndef QUADRAFT_SPARQL_ALGEBRA_PRINT_H_
#define QUADRAFT_SPARQL_ALGEBRA_PRINT_H_

#include <string>
#include <vector>

#include "sparql/algebra/algebra.h"

namespace quadraft::sparql {

std::string Print(const Query& query);
std::string Print(const Update& update);
std::string Print(const Pattern& pattern, const std::vector<std::string>& variables);
std::string Print(const Expression& expression, const std::vector<std::string>& variables);
std::string Print(const Path& path);
// <iri>, _:label, "text"@en, "1"^^xsd:integer; "default" for the default graph.
std::string Print(const rdf::Term& term);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_ALGEBRA_PRINT_H_
