// Escapes of N-Triples, Turtle and SPARQL strings and IRIs (ECHAR and UCHAR; RDF 1.1 Turtle,
// section 6.4).
//
//   AppendEscaped(&out, "a\"b\n");                               // a\"b\n with backslashes
//   size_t bad = AppendUnescaped(&out, R"(\u00e9\t)", Escapes::kString);   // npos: all well
#ifndef QUADRAFT_CORE_RDF_ESCAPE_H_
#define QUADRAFT_CORE_RDF_ESCAPE_H_

#include <string>
#include <string_view>

namespace quadraft::rdf {

// What stands between the quotes in canonical N-Triples (section 4): only " \ LF CR are escaped,
// all else is raw UTF-8. The same text is a valid short string in Turtle, SPARQL and SPARQL's TSV
// results.
void AppendEscaped(std::string* out, std::string_view text);

// What stands between < and >: bytes that IRIREF forbids become \u00XX (a term made by SPARQL's
// IRI() may hold them).
void AppendEscapedIri(std::string* out, std::string_view iri);

enum class Escapes {
  kString,  // \t \b \n \r \f \" \' \\ and \uXXXX \UXXXXXXXX.
  kIri,     // \uXXXX and \UXXXXXXXX only.
};

// Appends `raw` with its escapes replaced. Answers npos, or where the backslash of the first bad
// escape stands (unknown letter, too few digits, a surrogate, beyond U+10FFFF); `out` is then
// unspecified.
size_t AppendUnescaped(std::string* out, std::string_view raw, Escapes escapes);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_ESCAPE_H_
