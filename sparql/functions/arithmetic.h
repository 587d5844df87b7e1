// The numeric operators of section 17.3 with XPath's type promotion: integer < decimal < float < double.
//
//   Value v = Arithmetic(ExpressionKind::kDivide, Value::Integer(1), Value::Integer(3));   // xsd:decimal
//
// Exact kinds overflow to an error, never to a wrong number; integer division gives a decimal; division by an exact zero is
// an error; floating kinds follow IEEE 754.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_ARITHMETIC_H_
#define QUADRAFT_SPARQL_FUNCTIONS_ARITHMETIC_H_

#include "sparql/algebra/algebra.h"
#include "sparql/functions/value.h"

namespace quadraft::sparql {

Value Arithmetic(ExpressionKind operation, const Value& a, const Value& b);
Value NegateValue(const Value& a);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_ARITHMETIC_H_
