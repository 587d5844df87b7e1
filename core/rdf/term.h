// RDF 1.1 terms and quads (RDF 1.1 Concepts, sections 3 and 4), as plain values.
//
//   Term t = Term::Literal("chat", {}, "fr");      // "chat"@fr
//   std::string bytes = EncodeTerm(t);             // canonical: equal terms, equal bytes
//
// Invariants: 1. an IRI is absolute once a reader has handed it out; 2. `datatype` is set for literals only, and empty means
// xsd:string or, with a language, rdf:langString: those two are never spelled out; 3. `language` is lower case; 4. text is
// valid UTF-8. The factories keep 2 and 3.
#ifndef QUADRAFT_CORE_RDF_TERM_H_
#define QUADRAFT_CORE_RDF_TERM_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/status.h"

namespace quadraft::rdf {

enum class TermKind : uint8_t {
  kDefaultGraph = 0,  // Only as the graph of a quad: no name.
  kIri = 1,
  kBlank = 2,  // `value` is the label without "_:"; unique within one store.
  kLiteral = 3,
};

struct Term {
  TermKind kind = TermKind::kDefaultGraph;
  std::string value;     // IRI, label or lexical form.
  std::string datatype;  // IRI; see invariant 2.
  std::string language;  // Lower case; empty when none.

  static Term DefaultGraph() { return {}; }
  static Term Iri(std::string_view iri);
  static Term Blank(std::string_view label);
  static Term Literal(std::string_view lexical, std::string_view datatype = {},
                      std::string_view language = {});

  bool is_iri() const { return kind == TermKind::kIri; }
  bool is_blank() const { return kind == TermKind::kBlank; }
  bool is_literal() const { return kind == TermKind::kLiteral; }
  bool is_default_graph() const { return kind == TermKind::kDefaultGraph; }
  // The datatype IRI in full, also for invariant 2's two. Literals only.
  std::string_view DatatypeIri() const;

  friend auto operator<=>(const Term&, const Term&) = default;  // An arbitrary total order.
};

struct Quad {
  Term subject;
  Term predicate;
  Term object;
  Term graph;  // kDefaultGraph, IRI or blank node.
  friend auto operator<=>(const Quad&, const Quad&) = default;
};

// One byte of kind and flags, then the parts, length-prefixed but for the last. The wire, the log and the dictionary use it.
void AppendTerm(std::string* out, const Term& term);
std::string EncodeTerm(const Term& term);
StatusOr<Term> DecodeTerm(std::string_view bytes);  // DataLoss on anything that AppendTerm does not write.

Hash128 TermFingerprint(const Term& term);   // Fingerprint(EncodeTerm(term)).
Hash128 QuadFingerprint(const Quad& quad);

inline constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
inline constexpr std::string_view kXsdString = "http://www.w3.org/2001/XMLSchema#string";
inline constexpr std::string_view kXsdInteger = "http://www.w3.org/2001/XMLSchema#integer";
inline constexpr std::string_view kXsdDecimal = "http://www.w3.org/2001/XMLSchema#decimal";
inline constexpr std::string_view kXsdDouble = "http://www.w3.org/2001/XMLSchema#double";
inline constexpr std::string_view kXsdFloat = "http://www.w3.org/2001/XMLSchema#float";
inline constexpr std::string_view kXsdBoolean = "http://www.w3.org/2001/XMLSchema#boolean";
inline constexpr std::string_view kXsdDateTime = "http://www.w3.org/2001/XMLSchema#dateTime";
inline constexpr std::string_view kXsdDate = "http://www.w3.org/2001/XMLSchema#date";
inline constexpr std::string_view kRdfLangString =
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";
inline constexpr std::string_view kRdfType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_TERM_H_
