// XSD numbers (XML Schema 1.1 Part 2) as the oracle counts: integers and decimals exactly, as
// digits and a scale; floats and doubles as doubles. Arithmetic and promotion are those of
// SPARQL 1.1 Query, section 17.3 (XPath op:numeric-*).
//
//   const auto a = ParseNumber(Term::Literal("1.5", kXsdDecimal));   // nullopt: no number.
//   const auto b = Multiply(*a, *a);                                 // nullopt: overflow.
//   ToTerm(*b)                                                       // "2.25"^^xsd:decimal
#ifndef QUADRAFT_SIM_ORACLE_NUMBER_H_
#define QUADRAFT_SIM_ORACLE_NUMBER_H_

#include <optional>
#include <string>

#include "core/rdf/term.h"

namespace quadraft::sim::oracle {

enum class NumberType : uint8_t { kInteger, kDecimal, kFloat, kDouble };  // In order of promotion.

struct Number {
  NumberType type = NumberType::kInteger;
  __int128 digits = 0;  // kInteger, kDecimal: digits / 10^scale.
  int scale = 0;
  double real = 0;  // kFloat, kDouble.

  bool exact() const { return type <= NumberType::kDecimal; }
  double ToDouble() const;
  static Number Integer(__int128 value) { return {.digits = value}; }
};

inline constexpr int kFractionDigits = 18;  // Of a quotient of decimals.

bool IsNumeric(const rdf::Term& term);  // A literal of a numeric datatype, also an ill-formed one.
std::optional<Number> ParseNumber(const rdf::Term& term);
rdf::Term ToTerm(const Number& number);  // Canonical.

// nullopt: an error of the expression (division by zero) or more digits than there is room for.
std::optional<Number> Add(const Number& a, const Number& b);
std::optional<Number> Subtract(const Number& a, const Number& b);
std::optional<Number> Multiply(const Number& a, const Number& b);
std::optional<Number> Divide(const Number& a, const Number& b);
Number Negate(Number a);
enum class Rounding : uint8_t { kFloor, kCeiling, kHalfUp };
std::optional<Number> Round(const Number& a, Rounding rounding);  // fn:floor, fn:ceiling, fn:round.

// -1, 0, 1; nullopt when one is NaN.
std::optional<int> Compare(const Number& a, const Number& b);

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_NUMBER_H_
