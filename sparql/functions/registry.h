// The one table of built-in functions and casts (SPARQL 1.1 Query, section 17): a function is its family's evaluator and a
// row in registry.cc; the planner reads `deterministic`, EXPLAIN and the documents read the rest.
//
//   const FunctionRow* row = FindFunction("STRLEN");        // nullptr: no such function.
//   Value v = row->evaluate(env, arguments);
//
// An evaluator gets arguments that are not errors (one error makes the call an error) and of a number within the row's
// arity. Special forms (BOUND, IF, COALESCE, sameTerm) have no evaluator: sparql/functions/expression.cc evaluates their
// arguments itself.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_REGISTRY_H_
#define QUADRAFT_SPARQL_FUNCTIONS_REGISTRY_H_

#include <span>
#include <string_view>

#include "sparql/functions/environment.h"
#include "sparql/functions/value.h"

namespace quadraft::sparql {

using FunctionArguments = std::span<const Value>;
using FunctionEvaluator = Value (*)(EvaluationEnvironment& env, FunctionArguments args);

inline constexpr int kAnyArity = -1;

struct FunctionRow {
  std::string_view name;     // Upper case; an IRI for casts.
  int arity_min;
  int arity_max;             // kAnyArity: no bound.
  bool deterministic;        // The same arguments give the same value throughout one query.
  std::string_view section;  // Of the specification.
  FunctionEvaluator evaluate;
};

std::span<const FunctionRow> FunctionTable();
const FunctionRow* FindFunction(std::string_view name);

// The families (one file each).
namespace functions {
#define QR_FUNCTION(Name) Value Name(EvaluationEnvironment& env, FunctionArguments args);
// terms.cc
QR_FUNCTION(Str)
QR_FUNCTION(Lang)
QR_FUNCTION(Datatype)
QR_FUNCTION(IsIri)
QR_FUNCTION(IsBlank)
QR_FUNCTION(IsLiteral)
QR_FUNCTION(IsNumeric)
QR_FUNCTION(LangMatches)
QR_FUNCTION(Iri)
QR_FUNCTION(BNode)
QR_FUNCTION(StrDt)
QR_FUNCTION(StrLang)
QR_FUNCTION(Uuid)
QR_FUNCTION(StrUuid)
// strings.cc
QR_FUNCTION(StrLen)
QR_FUNCTION(SubStr)
QR_FUNCTION(UCase)
QR_FUNCTION(LCase)
QR_FUNCTION(StrStarts)
QR_FUNCTION(StrEnds)
QR_FUNCTION(Contains)
QR_FUNCTION(StrBefore)
QR_FUNCTION(StrAfter)
QR_FUNCTION(EncodeForUri)
QR_FUNCTION(Concat)
// regex.cc
QR_FUNCTION(Regex)
QR_FUNCTION(Replace)
// numerics.cc
QR_FUNCTION(Abs)
QR_FUNCTION(Round)
QR_FUNCTION(CeilOf)
QR_FUNCTION(FloorOf)
QR_FUNCTION(Rand)
// dates.cc
QR_FUNCTION(Now)
QR_FUNCTION(Year)
QR_FUNCTION(Month)
QR_FUNCTION(Day)
QR_FUNCTION(Hours)
QR_FUNCTION(Minutes)
QR_FUNCTION(Seconds)
QR_FUNCTION(Timezone)
QR_FUNCTION(Tz)
// hashes.cc
QR_FUNCTION(Md5)
QR_FUNCTION(Sha1)
QR_FUNCTION(Sha256)
QR_FUNCTION(Sha384)
QR_FUNCTION(Sha512)
// casts.cc
QR_FUNCTION(CastBoolean)
QR_FUNCTION(CastInteger)
QR_FUNCTION(CastDecimal)
QR_FUNCTION(CastFloat)
QR_FUNCTION(CastDouble)
QR_FUNCTION(CastString)
QR_FUNCTION(CastDateTime)
QR_FUNCTION(CastDate)
#undef QR_FUNCTION
}  // namespace functions

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_REGISTRY_H_
