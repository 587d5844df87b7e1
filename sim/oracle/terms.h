// What SPARQL's operators see in a term (SPARQL 1.1 Query, section 17): effective boolean values,
// equality, comparison, and the order of ORDER BY. nullopt is the type error.
#ifndef QUADRAFT_SIM_ORACLE_TERMS_H_
#define QUADRAFT_SIM_ORACLE_TERMS_H_

#include <optional>
#include <string>

#include "core/rdf/term.h"

namespace quadraft::sim::oracle {

rdf::Term BooleanTerm(bool value);
bool IsString(const rdf::Term& term);                         // A simple literal or xsd:string.
std::optional<bool> EffectiveBoolean(const rdf::Term& term);  // Section 17.2.2.
std::optional<bool> Equal(const rdf::Term& a, const rdf::Term& b);  // Sections 17.3, 17.4.1.7.
// Section 17.3: -1, 0, 1; 2 when neither is less and they are not equal (NaN).
std::optional<int> CompareValues(const rdf::Term& a, const rdf::Term& b);
// Section 15.1, with null for unbound: -1, 0, 1; 0 also where the section leaves the order open.
int CompareForOrder(const rdf::Term* a, const rdf::Term* b);
// Whether two terms are the same, or two numbers of one datatype and value (doubles nearly).
bool SameValue(const rdf::Term& a, const rdf::Term& b);
// A datatype whose values the oracle does not know (dates): then it cannot judge the query.
bool IsBeyond(const rdf::Term& term);

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_TERMS_H_
