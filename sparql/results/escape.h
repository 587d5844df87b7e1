// The escaping rules of the result formats. Each appends to *out; clean stretches are copied in one
// piece.
#ifndef QUADRAFT_SPARQL_RESULTS_ESCAPE_H_
#define QUADRAFT_SPARQL_RESULTS_ESCAPE_H_

#include <string>
#include <string_view>

#include "core/rdf/term.h"

namespace quadraft::sparql {

void AppendJsonString(std::string* out,
                      std::string_view text);  // With its quotes (RFC 8259 section 7).
// Element content and double-quoted attribute values. What XML 1.0 cannot hold at all (most control
// characters) becomes U+FFFD: the document stays well formed.
void AppendXmlText(std::string* out, std::string_view text);
void AppendCsvField(std::string* out, std::string_view text);  // Quoted when it must be (RFC 4180).
// <iri>, _:label, "text"@en or "text"^^<iri> on one line, tabs escaped: valid in N-Triples, Turtle
// and SPARQL TSV alike.
void AppendTurtleTerm(std::string* out, const rdf::Term& term);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_RESULTS_ESCAPE_H_
