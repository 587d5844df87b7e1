#include "sparql/functions/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/strings.h"

namespace quadraft::sparql {

namespace {

// The datatypes derived from xsd:integer, with their bounds (XSD 1.1, section 3.4); "" for none.
struct IntegerType {
  std::string_view name;
  std::string_view low, high;
};
constexpr IntegerType kIntegerTypes[] = {
    {"integer", "", ""},
    {"int", "-2147483648", "2147483647"},
    {"long", "-9223372036854775808", "9223372036854775807"},
    {"short", "-32768", "32767"},
    {"byte", "-128", "127"},
    {"nonNegativeInteger", "0", ""},
    {"positiveInteger", "1", ""},
    {"nonPositiveInteger", "", "0"},
    {"negativeInteger", "", "-1"},
    {"unsignedLong", "0", "18446744073709551615"},
    {"unsignedInt", "0", "4294967295"},
    {"unsignedShort", "0", "65535"},
    {"unsignedByte", "0", "255"},
};

std::optional<Decimal> ParseInteger(std::string_view text, const IntegerType& type) {
  if (text.find('.') != std::string_view::npos) return std::nullopt;
  const auto value = Decimal::Parse(text);
  if (!value) return std::nullopt;
  if (!type.low.empty() && *value < *Decimal::Parse(type.low)) return std::nullopt;
  if (!type.high.empty() && *value > *Decimal::Parse(type.high)) return std::nullopt;
  return value;
}

std::string_view OwnDatatype(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInteger: return rdf::kXsdInteger;
    case ValueKind::kDecimal: return rdf::kXsdDecimal;
    case ValueKind::kFloat: return rdf::kXsdFloat;
    case ValueKind::kDouble: return rdf::kXsdDouble;
    case ValueKind::kDateTime: return rdf::kXsdDateTime;
    case ValueKind::kDate: return rdf::kXsdDate;
    case ValueKind::kBoolean: return rdf::kXsdBoolean;
    default: return {};
  }
}

template <typename T>
std::string CanonicalFloating(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::scientific);
  const std::string_view text(digits, static_cast<size_t>(end.ptr - digits));
  const size_t e = text.find('e');
  std::string mantissa(text.substr(0, e));
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  std::string_view exponent = text.substr(e + 1);
  std::string out = mantissa + "E";
  if (exponent.front() == '-') out.push_back('-');
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  return out.append(exponent);
}

template <typename T>
std::optional<T> ParseFloating(std::string_view text) {
  if (text == "INF" || text == "+INF") return std::numeric_limits<T>::infinity();
  if (text == "-INF") return -std::numeric_limits<T>::infinity();
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  T value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ptr != text.data() + text.size() || text.empty()) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // XSD rounds what is too large to infinity and what is too small to zero.
    const double wide = std::strtod(std::string(text).c_str(), nullptr);
    return static_cast<T>(wide);
  }
  if (result.ec != std::errc()) return std::nullopt;
  return value;
}

// Numbers of two kinds meet at the wider one: integer < decimal < float < double.
double Promoted(const Value& value, ValueKind to) {
  const double wide = value.AsDouble();
  return to == ValueKind::kFloat ? static_cast<double>(static_cast<float>(wide)) : wide;
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
  if (a.is_exact() && b.is_exact()) return a.decimal() <=> b.decimal();
  const ValueKind wide = std::max(a.kind, b.kind);
  return Promoted(a, wide) <=> Promoted(b, wide);
}

std::strong_ordering CompareText(const std::string& a, const std::string& b) {
  return a.compare(b) <=> 0;
}

// ORDER BY's classes, in order.
int OrderClass(const Value& value) {
  if (value.is_numeric()) return 3;
  switch (value.kind) {
    case ValueKind::kError: return 0;
    case ValueKind::kBlank: return 1;
    case ValueKind::kIri: return 2;
    case ValueKind::kDateTime: return 4;
    case ValueKind::kDate: return 5;
    case ValueKind::kBoolean: return 6;
    case ValueKind::kString: return 7;
    case ValueKind::kLangString: return 8;
    default: return 9;
  }
}

// A total order of numbers: NaN first, then by value as doubles (promotions that depend on the pair would not be transitive),
// and where an exact one meets a floating one there, by the decimal that names the double: 0.5 and 5.0e-1 are equal.
std::strong_ordering OrderNumbers(const Value& a, const Value& b) {
  if (a.is_exact() && b.is_exact()) return a.decimal() <=> b.decimal();  // The same, sooner.
  const double left = a.AsDouble(), right = b.AsDouble();
  if (std::isnan(left) || std::isnan(right)) return std::isnan(right) <=> std::isnan(left);
  if (left < right) return std::strong_ordering::less;
  if (left > right) return std::strong_ordering::greater;
  if (a.is_exact() == b.is_exact()) return std::strong_ordering::equal;
  const std::optional<Decimal> named = Decimal::FromDouble(left);
  if (!named) return std::strong_ordering::equal;
  return a.is_exact() ? a.decimal() <=> *named : *named <=> b.decimal();
}

std::strong_ordering OrderTimes(const DateTime& a, const DateTime& b) {
  const int64_t left = a.UtcSeconds(), right = b.UtcSeconds();
  return left != right ? left <=> right : a.nanosecond <=> b.nanosecond;
}

void ParseTyped(Value* value, const std::string& datatype) {
  const std::string& text = value->text;
  const std::string_view local = std::string_view(datatype).substr(rdf::kXsd.size());
  for (const IntegerType& type : kIntegerTypes) {
    if (local != type.name) continue;
    if (const auto parsed = ParseInteger(text, type)) {
      value->kind = ValueKind::kInteger;
      value->payload = *parsed;
    }
    return;
  }
  if (local == "decimal") {
    if (const auto parsed = Decimal::Parse(text)) value->kind = ValueKind::kDecimal, value->payload = *parsed;
  } else if (local == "double") {
    if (const auto parsed = ParseDouble(text)) value->kind = ValueKind::kDouble, value->payload = *parsed;
  } else if (local == "float") {
    if (const auto parsed = ParseFloat(text)) {
      value->kind = ValueKind::kFloat, value->payload = static_cast<double>(*parsed);
    }
  } else if (local == "boolean") {
    const bool truth = text == "true" || text == "1";
    if (truth || text == "false" || text == "0") value->kind = ValueKind::kBoolean, value->payload = truth;
  } else if (local == "dateTime") {
    if (const auto parsed = DateTime::Parse(text)) value->kind = ValueKind::kDateTime, value->payload = *parsed;
  } else if (local == "date") {
    if (const auto parsed = DateTime::ParseDate(text)) value->kind = ValueKind::kDate, value->payload = *parsed;
  }
}

}  // namespace

std::string CanonicalDouble(double value) { return CanonicalFloating(value); }
std::string CanonicalFloat(float value) { return CanonicalFloating(value); }
std::optional<double> ParseDouble(std::string_view text) { return ParseFloating<double>(text); }
std::optional<float> ParseFloat(std::string_view text) { return ParseFloating<float>(text); }

Value Value::Iri(std::string_view iri) {
  Value out;
  out.kind = ValueKind::kIri;
  out.has_text = true;
  out.text = iri;
  return out;
}

Value Value::Blank(std::string_view label) {
  Value out = Iri(label);
  out.kind = ValueKind::kBlank;
  return out;
}

Value Value::String(std::string text) {
  Value out;
  out.kind = ValueKind::kString;
  out.has_text = true;
  out.text = std::move(text);
  return out;
}

Value Value::LangString(std::string text, std::string_view language) {
  Value out = String(std::move(text));
  if (language.empty()) return out;
  out.kind = ValueKind::kLangString;
  out.extra = language;
  return out;
}

Value Value::StringLike(std::string text, const Value& like) {
  return like.kind == ValueKind::kLangString ? LangString(std::move(text), like.extra)
                                             : String(std::move(text));
}

Value Value::Boolean(bool value) {
  Value out;
  out.kind = ValueKind::kBoolean;
  out.payload = value;
  return out;
}

Value Value::Integer(const Decimal& value) {
  Value out;
  out.kind = ValueKind::kInteger;
  out.payload = value;
  return out;
}

Value Value::DecimalNumber(const Decimal& value) {
  Value out = Integer(value);
  out.kind = ValueKind::kDecimal;
  return out;
}

Value Value::Double(double value) {
  Value out;
  out.kind = ValueKind::kDouble;
  out.payload = value;
  return out;
}

Value Value::Float(double value) {
  Value out = Double(static_cast<double>(static_cast<float>(value)));
  out.kind = ValueKind::kFloat;
  return out;
}

Value Value::FromDateTime(const DateTime& value) {
  Value out;
  out.kind = ValueKind::kDateTime;
  out.payload = value;
  return out;
}

double Value::AsDouble() const { return is_exact() ? decimal().AsDouble() : floating(); }

Value ValueFromTerm(rdf::Term term) {
  Value out;
  out.has_text = true;
  out.text = std::move(term.value);
  switch (term.kind) {
    case rdf::TermKind::kDefaultGraph: return Value::Error();
    case rdf::TermKind::kIri: out.kind = ValueKind::kIri; return out;
    case rdf::TermKind::kBlank: out.kind = ValueKind::kBlank; return out;
    case rdf::TermKind::kLiteral: break;
  }
  if (!term.language.empty()) {
    out.kind = ValueKind::kLangString;
    out.extra = std::move(term.language);
    return out;
  }
  if (term.datatype.empty()) {
    out.kind = ValueKind::kString;
    return out;
  }
  out.kind = ValueKind::kOther;
  if (std::string_view(term.datatype).starts_with(rdf::kXsd)) ParseTyped(&out, term.datatype);
  if (term.datatype != OwnDatatype(out.kind)) out.extra = std::move(term.datatype);
  return out;
}

std::string LexicalForm(const Value& value) {
  if (value.has_text) return value.text;
  switch (value.kind) {
    case ValueKind::kInteger:
    case ValueKind::kDecimal: return value.decimal().ToString();
    case ValueKind::kFloat: return CanonicalFloat(static_cast<float>(value.floating()));
    case ValueKind::kDouble: return CanonicalDouble(value.floating());
    case ValueKind::kDateTime: return value.datetime().ToString();
    case ValueKind::kDate: return value.datetime().ToDateString();
    case ValueKind::kBoolean: return value.boolean() ? "true" : "false";
    default: return {};
  }
}

std::string DatatypeOf(const Value& value) {
  if (value.kind == ValueKind::kString) return std::string(rdf::kXsdString);
  if (value.kind == ValueKind::kLangString) return std::string(rdf::kRdfLangString);
  return value.extra.empty() ? std::string(OwnDatatype(value.kind)) : value.extra;
}

rdf::Term TermFromValue(const Value& value) {
  QR_CHECK(!value.is_error()) << "an expression error has no term";
  switch (value.kind) {
    case ValueKind::kIri: return rdf::Term::Iri(value.text);
    case ValueKind::kBlank: return rdf::Term::Blank(value.text);
    case ValueKind::kString: return rdf::Term::Literal(value.text);
    case ValueKind::kLangString: return rdf::Term::Literal(value.text, {}, value.extra);
    default: return rdf::Term::Literal(LexicalForm(value), DatatypeOf(value));
  }
}

std::optional<bool> EffectiveBoolean(const Value& value) {
  switch (value.kind) {
    case ValueKind::kBoolean: return value.boolean();
    case ValueKind::kString: return !value.text.empty();
    case ValueKind::kInteger:
    case ValueKind::kDecimal: return !value.decimal().is_zero();
    case ValueKind::kFloat:
    case ValueKind::kDouble: return !std::isnan(value.floating()) && value.floating() != 0;
    case ValueKind::kOther: {
      // A boolean or number whose lexical form is invalid is false.
      if (!std::string_view(value.extra).starts_with(rdf::kXsd)) return std::nullopt;
      const std::string_view local = std::string_view(value.extra).substr(rdf::kXsd.size());
      if (local == "boolean" || local == "decimal" || local == "float" || local == "double") return false;
      for (const IntegerType& type : kIntegerTypes) {
        if (local == type.name) return false;
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<bool> ValuesEqual(const Value& a, const Value& b) {
  if (a.is_error() || b.is_error()) return std::nullopt;
  if (a.is_numeric() && b.is_numeric()) return CompareNumbers(a, b) == 0;
  if (!a.is_literal() || !b.is_literal()) return a.kind == b.kind && a.text == b.text;
  if (a.kind == ValueKind::kOther || b.kind == ValueKind::kOther) {
    // Of a literal whose value is unknown only its being the same term can be told.
    if (a.kind == b.kind && a.text == b.text && a.extra == b.extra) return true;
    // ... and that nothing typed is language-tagged.
    if (a.kind == ValueKind::kLangString || b.kind == ValueKind::kLangString) return false;
    return std::nullopt;
  }
  if (a.kind != b.kind) return false;  // Known value spaces that do not meet.
  switch (a.kind) {
    case ValueKind::kBoolean: return a.boolean() == b.boolean();
    case ValueKind::kDateTime:
    case ValueKind::kDate: {
      const auto order = Compare(a.datetime(), b.datetime());
      if (!order) return std::nullopt;
      return *order == 0;
    }
    default: return a.text == b.text && a.extra == b.extra;
  }
}

std::optional<std::partial_ordering> ValuesCompare(const Value& a, const Value& b) {
  if (a.is_numeric() && b.is_numeric()) return CompareNumbers(a, b);
  if (a.kind != b.kind) return std::nullopt;
  switch (a.kind) {
    case ValueKind::kBoolean: return a.boolean() <=> b.boolean();
    case ValueKind::kString: return CompareText(a.text, b.text);
    case ValueKind::kDateTime:
    case ValueKind::kDate: {
      const auto order = Compare(a.datetime(), b.datetime());
      if (!order) return std::nullopt;
      return *order;
    }
    default: return std::nullopt;
  }
}

std::strong_ordering OrderCompare(const Value& a, const Value& b) {
  const int left = OrderClass(a), right = OrderClass(b);
  if (left != right) return left <=> right;
  std::strong_ordering order = std::strong_ordering::equal;
  switch (left) {
    case 0: return order;
    case 1:
    case 2: return CompareText(a.text, b.text);
    case 3: order = OrderNumbers(a, b); break;
    case 4:
    case 5: order = OrderTimes(a.datetime(), b.datetime()); break;
    case 6: order = a.boolean() <=> b.boolean(); break;
    default: {
      if (left == 9 && a.extra != b.extra) return CompareText(a.extra, b.extra);
      order = CompareText(a.text, b.text);
      return order != 0 ? order : CompareText(a.extra, b.extra);
    }
  }
  return order;
}

}  // namespace quadraft::sparql
