// The bits of a TermId: 4 of tag, 60 of value. Id equality is term equality, always: a literal is
// inline only when its lexical form is the canonical one and the value fits exactly; everything
// else goes to the dictionary.
//
//   63..60 59..46    45..0
//   tag    bucket    sequence              kIri, kBlank
//   tag    sequence (60)                   kLiteral, kLocal
//   tag    value + 2^59 (60)               kInteger: xsd:integer in [-2^59, 2^59), ascending with
//   the value tag    length (4) bytes, left first    kString: xsd:string of 0..7 bytes tag    0 or
//   1                          kBoolean tag    top 60 bits of the IEEE bits    kDouble: xsd:double
//   in canonical form whose low 4 mantissa bits are zero tag    scale, value (see inline.cc)
//   kDecimal: xsd:decimal, canonical, that fits tag    0: none, 1: default graph       kSpecial
#ifndef QUADRAFT_STORE_READ_TERM_ID_H_
#define QUADRAFT_STORE_READ_TERM_ID_H_

#include <cstdint>
#include <optional>

#include "core/base/ids.h"
#include "core/rdf/term.h"

namespace quadraft::store {

enum class IdTag : uint8_t {
  kSpecial = 0,
  kIri = 1,
  kBlank = 2,
  kLiteral = 3,
  kInteger = 4,
  kDecimal = 5,
  kDouble = 6,
  kBoolean = 7,
  kString = 8,
  kDate = 9,    // xsd:date without time zone, canonical: days since 1970-01-01 + 2^59.
  kLocal = 15,  // A term made by one query and unknown to the dictionary; means nothing outside
                // that query.
};

inline constexpr int kIdValueBits = 60;
inline constexpr uint64_t kIdValueMask = (uint64_t{1} << kIdValueBits) - 1;
inline constexpr int kBucketBits = 14;
inline constexpr uint32_t kBucketCount = 1u << kBucketBits;

inline constexpr TermId kNoTerm{0};  // Unbound, or "any".
inline constexpr TermId kDefaultGraphId{1};

constexpr TermId MakeTermId(IdTag tag, uint64_t value) {
  return TermId((static_cast<uint64_t>(tag) << kIdValueBits) | (value & kIdValueMask));
}
constexpr IdTag TagOf(TermId id) { return static_cast<IdTag>(id.value() >> kIdValueBits); }
constexpr uint64_t IdValueOf(TermId id) { return id.value() & kIdValueMask; }

// The id of a term that needs no dictionary (inline literal or the default graph); nullopt when it
// does need one.
std::optional<TermId> InlineId(const rdf::Term& term);
// The term of an inline id or kDefaultGraphId; nullopt for any other.
std::optional<rdf::Term> InlineTerm(TermId id);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_READ_TERM_ID_H_
