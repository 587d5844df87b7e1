// The XPath constructor functions of section 17.5: from strings by their lexical form (white space around it does not
// count), between numbers, booleans, dates.
#include <cmath>
#include <string>
#include <string_view>

#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The value of a string in the lexical space of `datatype`; the error value when it is not.
Value FromString(const Value& value, std::string_view datatype, ValueKind kind) {
  Value parsed = ValueFromTerm(rdf::Term::Literal(Trimmed(value.text), datatype));
  if (parsed.kind != kind) return Value::Error();
  parsed.has_text = false;  // A cast makes a value, spelled canonically.
  parsed.text.clear();
  return parsed;
}

Value Exact(const std::optional<Decimal>& value, bool integer) {
  if (!value) return Value::Error();
  return integer ? Value::Integer(Truncate(*value)) : Value::DecimalNumber(*value);
}

Value CastExact(const Value& value, bool integer) {
  switch (value.kind) {
    case ValueKind::kString:
      return FromString(value, integer ? rdf::kXsdInteger : rdf::kXsdDecimal,
                        integer ? ValueKind::kInteger : ValueKind::kDecimal);
    case ValueKind::kInteger:
    case ValueKind::kDecimal: return Exact(value.decimal(), integer);
    case ValueKind::kFloat:
    case ValueKind::kDouble:
      return Exact(Decimal::FromDouble(integer ? std::trunc(value.floating()) : value.floating()), integer);
    case ValueKind::kBoolean: return Exact(Decimal(value.boolean() ? 1 : 0), integer);
    default: return Value::Error();
  }
}

Value CastFloating(const Value& value, std::string_view datatype, ValueKind kind) {
  const auto make = [kind](double d) { return kind == ValueKind::kFloat ? Value::Float(d) : Value::Double(d); };
  switch (value.kind) {
    case ValueKind::kString: return FromString(value, datatype, kind);
    case ValueKind::kBoolean: return make(value.boolean() ? 1 : 0);
    default: return value.is_numeric() ? make(value.AsDouble()) : Value::Error();
  }
}

}  // namespace

Value CastBoolean(EvaluationEnvironment&, FunctionArguments args) {
  const Value& value = args[0];
  if (value.kind == ValueKind::kString) return FromString(value, rdf::kXsdBoolean, ValueKind::kBoolean);
  if (!value.is_numeric() && value.kind != ValueKind::kBoolean) return Value::Error();
  return Value::Boolean(EffectiveBoolean(value).value_or(false));
}

Value CastInteger(EvaluationEnvironment&, FunctionArguments args) { return CastExact(args[0], true); }
Value CastDecimal(EvaluationEnvironment&, FunctionArguments args) { return CastExact(args[0], false); }
Value CastFloat(EvaluationEnvironment&, FunctionArguments args) {
  return CastFloating(args[0], rdf::kXsdFloat, ValueKind::kFloat);
}
Value CastDouble(EvaluationEnvironment&, FunctionArguments args) {
  return CastFloating(args[0], rdf::kXsdDouble, ValueKind::kDouble);
}

Value CastString(EvaluationEnvironment&, FunctionArguments args) {
  const Value& value = args[0];
  if (value.kind == ValueKind::kBlank) return Value::Error();
  // XPath gives numbers as strings in a form of their own: no exponent for doubles of everyday size.
  if (value.kind == ValueKind::kFloat || value.kind == ValueKind::kDouble) {
    const double magnitude = std::fabs(value.floating());
    if (magnitude == 0) return Value::String(std::signbit(value.floating()) ? "-0" : "0");
    if (magnitude >= 1e-6 && magnitude < 1e6) {
      // The shortest digits that name the value at its own width.
      const std::string digits = value.kind == ValueKind::kFloat
                                     ? CanonicalFloat(static_cast<float>(value.floating()))
                                     : CanonicalDouble(value.floating());
      const size_t e = digits.find('E');
      const int exponent = std::stoi(digits.substr(e + 1));
      const auto mantissa = Decimal::Parse(std::string_view(digits).substr(0, e));
      std::optional<Decimal> scaled = mantissa;
      for (int i = 0; scaled && i < exponent; ++i) scaled = Multiply(*scaled, Decimal(10));
      for (int i = 0; scaled && i > exponent; --i) scaled = Multiply(*scaled, Decimal::Normalized(1, 1));
      if (scaled) return Value::String(scaled->ToString());
    }
    return Value::String(value.kind == ValueKind::kFloat ? CanonicalFloat(static_cast<float>(value.floating()))
                                                         : CanonicalDouble(value.floating()));
  }
  if (value.is_exact()) return Value::String(value.decimal().ToString());
  if (value.kind == ValueKind::kBoolean) return Value::String(value.boolean() ? "true" : "false");
  return Value::String(LexicalForm(value));
}

Value CastDateTime(EvaluationEnvironment&, FunctionArguments args) {
  const Value& value = args[0];
  if (value.kind == ValueKind::kString) return FromString(value, rdf::kXsdDateTime, ValueKind::kDateTime);
  if (value.kind == ValueKind::kDateTime) return value;
  return value.kind == ValueKind::kDate ? Value::FromDateTime(value.datetime()) : Value::Error();
}

Value CastDate(EvaluationEnvironment&, FunctionArguments args) {
  const Value& value = args[0];
  if (value.kind == ValueKind::kString) return FromString(value, rdf::kXsdDate, ValueKind::kDate);
  if (value.kind == ValueKind::kDate) return value;
  if (value.kind != ValueKind::kDateTime) return Value::Error();
  return ValueFromTerm(rdf::Term::Literal(value.datetime().ToDateString(), rdf::kXsdDate));
}

}  // namespace quadraft::sparql::functions
