#include "core/rdf/term.h"

#include "core/base/bytes.h"

namespace quadraft::rdf {
namespace {

// Literal bytes: kind | flag, then datatype or language length-prefixed when flagged, then the lexical form.
constexpr uint8_t kHasDatatype = 0x10;
constexpr uint8_t kHasLanguage = 0x20;

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Term Term::Iri(std::string_view iri) { return {TermKind::kIri, std::string(iri), {}, {}}; }

Term Term::Blank(std::string_view label) { return {TermKind::kBlank, std::string(label), {}, {}}; }

Term Term::Literal(std::string_view lexical, std::string_view datatype, std::string_view language) {
  Term term{TermKind::kLiteral, std::string(lexical), {}, AsciiLower(language)};
  if (language.empty() && datatype != kXsdString) term.datatype = datatype;
  return term;
}

std::string_view Term::DatatypeIri() const {
  if (!datatype.empty()) return datatype;
  return language.empty() ? kXsdString : kRdfLangString;
}

void AppendTerm(std::string* out, const Term& term) {
  const uint8_t flags = (term.datatype.empty() ? 0 : kHasDatatype) |
                        (term.language.empty() ? 0 : kHasLanguage);
  out->push_back(static_cast<char>(static_cast<uint8_t>(term.kind) | flags));
  if (flags & kHasDatatype) PutLengthPrefixed(out, term.datatype);
  if (flags & kHasLanguage) PutLengthPrefixed(out, term.language);
  out->append(term.value);
}

std::string EncodeTerm(const Term& term) {
  std::string out;
  out.reserve(term.value.size() + term.datatype.size() + term.language.size() + 4);
  AppendTerm(&out, term);
  return out;
}

StatusOr<Term> DecodeTerm(std::string_view bytes) {
  if (bytes.empty()) return DataLoss("term: no bytes");
  const auto head = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  const uint8_t kind = head & 0x0f;
  const uint8_t flags = head & 0xf0;
  if (kind > static_cast<uint8_t>(TermKind::kLiteral) || (flags & ~(kHasDatatype | kHasLanguage)) ||
      flags == (kHasDatatype | kHasLanguage) ||
      (flags != 0 && kind != static_cast<uint8_t>(TermKind::kLiteral))) {
    return DataLoss("term: unknown kind byte ", static_cast<int>(head));
  }
  Term term;
  term.kind = static_cast<TermKind>(kind);
  std::string_view part;
  if (flags != 0) {
    if (!GetLengthPrefixed(&bytes, &part) || part.empty()) return DataLoss("term: cut short");
    (flags & kHasDatatype ? term.datatype : term.language) = part;
  }
  if (term.is_default_graph() && !bytes.empty()) return DataLoss("term: bytes after default graph");
  term.value = bytes;
  return term;
}

Hash128 TermFingerprint(const Term& term) { return Fingerprint(EncodeTerm(term)); }

Hash128 QuadFingerprint(const Quad& quad) {
  std::string bytes;
  for (const Term* term : {&quad.subject, &quad.predicate, &quad.object, &quad.graph}) {
    PutLengthPrefixed(&bytes, EncodeTerm(*term));
  }
  return Fingerprint(bytes);
}

}  // namespace quadraft::rdf
