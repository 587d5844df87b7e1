// A term as expressions see it: its value, already parsed, with the literal's own spelling kept for as long as it matters.
//
//   Value v = ValueFromTerm(term);                 // "042"^^xsd:byte: kInteger 42, text "042", datatype xsd:byte
//   Value sum = Arithmetic(ExpressionKind::kAdd, v, Value::Integer(1));
//   rdf::Term t = TermFromValue(sum);              // "43"^^xsd:integer
//
// kError stands for an unbound variable and for every expression error alike (SPARQL 1.1 Query, section 17.2): an error is a
// value, never a Status. Literals whose datatype is unknown, or whose lexical form is not of their datatype, are kOther.
#ifndef QUADRAFT_SPARQL_FUNCTIONS_VALUE_H_
#define QUADRAFT_SPARQL_FUNCTIONS_VALUE_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/ids.h"
#include "core/rdf/term.h"
#include "sparql/functions/datetime.h"
#include "sparql/functions/decimal.h"

namespace quadraft::sparql {

enum class ValueKind : uint8_t {
  kError = 0,
  kBlank,
  kIri,
  kInteger,   // With all datatypes derived from xsd:integer.
  kDecimal,
  kFloat,
  kDouble,
  kDateTime,
  kDate,
  kBoolean,
  kString,
  kLangString,
  kOther,
};

struct Value {
  ValueKind kind = ValueKind::kError;
  bool has_text = false;  // `text` is the lexical form; else it is the canonical one of the payload, made on demand.
  TermId id;              // When known; zero otherwise.
  std::string text;       // IRI, label, string, or lexical form.
  std::string extra;      // kLangString: the tag. Other literals: the datatype when it is not the kind's own.
  std::variant<std::monostate, bool, double, Decimal, DateTime> payload;

  static Value Error() { return {}; }
  static Value Iri(std::string_view iri);
  static Value Blank(std::string_view label);
  static Value String(std::string text);
  static Value LangString(std::string text, std::string_view language);
  // As `like` (kString or kLangString) with other text.
  static Value StringLike(std::string text, const Value& like);
  static Value Boolean(bool value);
  static Value Integer(const Decimal& value);
  static Value DecimalNumber(const Decimal& value);
  static Value Float(double value);
  static Value Double(double value);
  static Value FromDateTime(const DateTime& value);

  bool is_error() const { return kind == ValueKind::kError; }
  bool is_literal() const { return kind >= ValueKind::kInteger; }
  bool is_numeric() const { return kind >= ValueKind::kInteger && kind <= ValueKind::kDouble; }
  bool is_exact() const { return kind == ValueKind::kInteger || kind == ValueKind::kDecimal; }
  bool is_string() const { return kind == ValueKind::kString || kind == ValueKind::kLangString; }
  bool boolean() const { return std::get<bool>(payload); }
  const Decimal& decimal() const { return std::get<Decimal>(payload); }
  double floating() const { return std::get<double>(payload); }
  const DateTime& datetime() const { return std::get<DateTime>(payload); }
  double AsDouble() const;  // Numeric kinds.
};

Value ValueFromTerm(rdf::Term term);
rdf::Term TermFromValue(const Value& value);  // Not of kError.
std::string LexicalForm(const Value& value);  // STR(): IRIs and literals.
std::string DatatypeOf(const Value& value);   // Literals, in full.

// Section 17.2.2; nullopt: type error.
std::optional<bool> EffectiveBoolean(const Value& value);

// The `=` of section 17.3 (RDFterm-equal where no other row fits); nullopt: type error.
std::optional<bool> ValuesEqual(const Value& a, const Value& b);
// The `<` family; nullopt: type error; unordered: a NaN is involved, so that every comparison is false.
std::optional<std::partial_ordering> ValuesCompare(const Value& a, const Value& b);
// ORDER BY (section 15.1), extended to a total order: unbound, blank nodes, IRIs, then literals: numbers, dates with times,
// dates, booleans, strings, language-tagged strings, others. Where `<` orders two values, so does this.
std::strong_ordering OrderCompare(const Value& a, const Value& b);

std::string CanonicalDouble(double value);  // "1.0E0", "INF", "NaN".
std::string CanonicalFloat(float value);
// The XSD lexical forms; nullopt for anything else.
std::optional<double> ParseDouble(std::string_view text);
std::optional<float> ParseFloat(std::string_view text);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_FUNCTIONS_VALUE_H_
