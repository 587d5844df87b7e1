// What is known of a pattern's variables before it is planned (SPARQL 1.1 Query, section 18.2.1).
//
//   VarSet scope = InScope(pattern), certain = Certain(pattern), used = VariablesOf(expression);
//
// Certain: bound in every solution. A filter whose variables are certain in a part of a join may be applied to that part.
#ifndef QUADRAFT_SPARQL_PLANNER_VARIABLES_H_
#define QUADRAFT_SPARQL_PLANNER_VARIABLES_H_

#include <vector>

#include "sparql/algebra/algebra.h"

namespace quadraft::sparql {

using VarSet = std::vector<Var>;  // Ascending, without doubles.

VarSet InScope(const Pattern& pattern);
VarSet Certain(const Pattern& pattern);
// Every variable that the expression mentions, those in scope of its EXISTS patterns and of the filters in there included.
VarSet VariablesOf(const Expression& expression);
// Every variable that is mentioned anywhere inside, also where it is not visible from outside.
VarSet Mentioned(const Pattern& pattern);

bool Contains(const VarSet& set, Var var);
bool IsSubset(const VarSet& part, const VarSet& whole);
VarSet Union(const VarSet& a, const VarSet& b);
VarSet Intersection(const VarSet& a, const VarSet& b);
VarSet MakeSet(std::vector<Var> vars);

bool HasExists(const Expression& expression);
// No RAND, UUID, BNODE: evaluating it earlier or more often changes nothing.
bool IsDeterministic(const Expression& expression);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PLANNER_VARIABLES_H_
