// SPARQL 1.1 text to algebra (SPARQL 1.1 Query, sections 18.2 and 19; Update, section 3): a hand-written tokenizer and
// recursive descent, one method per grammar rule.
//
//   QR_ASSIGN_OR_RETURN(Query query, ParseQuery("SELECT * { ?s ?p ?o }", {}));
//
// Errors are InvalidArgument "line L, column C: what was found, what was expected"; nothing deeper than kNestingMax.
#ifndef QUADRAFT_SPARQL_PARSER_PARSER_H_
#define QUADRAFT_SPARQL_PARSER_PARSER_H_

#include <string>
#include <string_view>

#include "core/base/status.h"
#include "sparql/algebra/algebra.h"

namespace quadraft::sparql {

struct ParseOptions {
  std::string base;       // Relative IRIs are resolved against it, until BASE.
  Dataset dataset;        // The protocol's default-graph-uri and named-graph-uri; wins over FROM.
};
inline constexpr int kNestingMax = 500;

StatusOr<Query> ParseQuery(std::string_view text, const ParseOptions& options);
StatusOr<Update> ParseUpdate(std::string_view text, const ParseOptions& options);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PARSER_PARSER_H_
