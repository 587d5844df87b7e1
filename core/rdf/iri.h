// IRI references: which characters they may hold, which are absolute, and resolution (RFC 3986,
// section 5.2).
//
//   ResolveIri("http://a/b/c?q", "../d#f")   -> "http://a/d#f"
//   ResolveIri("http://a/b/c?q", "urn:x:y")  -> "urn:x:y"     (has a scheme: taken as it is)
//   IsAbsoluteIri("d")                       -> false
//
// Only the basic algorithm, as Turtle 1.1 (section 6.3) and SPARQL 1.1 (section 4.1.1.2) demand: no
// normalisation, and a reference with a scheme is never touched, so the same IRI reads the same in
// N-Triples and in Turtle.
#ifndef QUADRAFT_CORE_RDF_IRI_H_
#define QUADRAFT_CORE_RDF_IRI_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace quadraft::rdf {

// True when `iri` starts with a scheme and a colon (RFC 3986, section 3.1). Says nothing of the
// other characters.
bool IsAbsoluteIri(std::string_view iri);

// `reference` made absolute against `base`. When `base` is not absolute (empty, say) and
// `reference` is relative, the answer is `reference` itself: callers that need an absolute IRI ask
// IsAbsoluteIri of the answer. Both must be UTF-8.
std::string ResolveIri(std::string_view base, std::string_view reference);

// Where the first byte stands that IRIREF forbids (Turtle 1.1, section 6.5: controls, space and
// <>"{}|^`\), or npos. Bytes from 0x80 pass: whether they are UTF-8 is not looked at.
size_t FindForbiddenInIri(std::string_view iri);

}  // namespace quadraft::rdf

#endif  // QUADRAFT_CORE_RDF_IRI_H_
