// Walks over patterns and expressions, and the scope of variables (SPARQL 1.1 Query,
// section 18.2.1).
//
//   std::set<Var> scope;
//   CollectInScope(*pattern, &scope);    // What SELECT * would project, and BIND may not name
//   again.
#ifndef QUADRAFT_SPARQL_ALGEBRA_WALK_H_
#define QUADRAFT_SPARQL_ALGEBRA_WALK_H_

#include <functional>
#include <set>

#include "sparql/algebra/algebra.h"

namespace quadraft::sparql {

// Adds the in-scope variables of the pattern, blank nodes' variables included. MINUS hides its
// right side, a projection all but its variables; FILTER and EXISTS bring none in.
void CollectInScope(const Pattern& pattern, std::set<Var>* scope);

// Calls `visit` for every mention of a variable below, in patterns, expressions and EXISTS alike;
// it may change it.
void VisitVariables(Pattern* pattern, const std::function<void(Var*)>& visit);
void VisitVariables(Expression* expression, const std::function<void(Var*)>& visit);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_ALGEBRA_WALK_H_
