// Content negotiation (RFC 9110, section 12.5.1): the media ranges of Accept against what we can
// write.
//
//   NegotiateFormat(QueryForm::kSelect, "text/csv;q=0.5, application/sparql-results+xml")  -> kXml
//   NegotiateFormat(QueryForm::kSelect, "")                                                -> kJson
#ifndef QUADRAFT_SPARQL_PROTOCOL_NEGOTIATE_H_
#define QUADRAFT_SPARQL_PROTOCOL_NEGOTIATE_H_

#include <string_view>

#include "core/base/status.h"
#include "sparql/algebra/algebra.h"
#include "sparql/engine.h"

namespace quadraft::sparql {

inline constexpr size_t kMediaRangesMax =
    64;  // Of one Accept header; what follows is not looked at.

// The format that the client likes best; among equals, ours first: JSON, XML, CSV, TSV; Turtle,
// N-Triples, N-Quads. An empty header accepts anything. NotAcceptable (406) when nothing fits.
StatusOr<ResultFormat> NegotiateFormat(QueryForm form, std::string_view accept);

// The same for a Graph Store GET: N-Triples, Turtle or N-Quads of a graph; N-Quads for the whole
// dataset.
StatusOr<ResultFormat> NegotiateGraphFormat(bool whole_dataset, std::string_view accept);

// The part of a Content-Type before ';', in lower case, without blanks: "text/turtle".
std::string MediaTypeOf(std::string_view content_type);
// False when a charset other than UTF-8 (or ASCII) is named.
bool CharsetIsUtf8(std::string_view content_type);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PROTOCOL_NEGOTIATE_H_
