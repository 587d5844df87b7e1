#include "sim/oracle/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "core/base/strings.h"

namespace quadraft::sim::oracle {
namespace {

constexpr std::array<std::string_view, 12> kDerivedIntegers = {"nonPositiveInteger",
                                                               "negativeInteger",
                                                               "long",
                                                               "int",
                                                               "short",
                                                               "byte",
                                                               "nonNegativeInteger",
                                                               "positiveInteger",
                                                               "unsignedLong",
                                                               "unsignedInt",
                                                               "unsignedShort",
                                                               "unsignedByte"};

std::optional<NumberType> TypeOf(const rdf::Term& term) {
  if (!term.is_literal() || !term.datatype.starts_with(rdf::kXsd)) return std::nullopt;
  const std::string_view name = std::string_view(term.datatype).substr(rdf::kXsd.size());
  if (name == "integer") return NumberType::kInteger;
  if (name == "decimal") return NumberType::kDecimal;
  if (name == "float") return NumberType::kFloat;
  if (name == "double") return NumberType::kDouble;
  if (std::find(kDerivedIntegers.begin(), kDerivedIntegers.end(), name) != kDerivedIntegers.end()) {
    return NumberType::kInteger;
  }
  return std::nullopt;
}

// [+-]? digits, with a fraction when `point`; at least one digit.
std::optional<Number> ParseExact(std::string_view text, bool point) {
  Number number;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  bool any = false, after_point = false;
  for (const char c : text) {
    if (c == '.' && point && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (__builtin_mul_overflow(number.digits, 10, &number.digits) ||
        __builtin_add_overflow(number.digits, c - '0', &number.digits)) {
      return std::nullopt;
    }
    number.scale += after_point;
  }
  if (!any) return std::nullopt;
  if (negative) number.digits = -number.digits;
  return number;
}

std::optional<double> ParseReal(std::string_view text) {
  if (text == "INF" || text == "+INF") return std::numeric_limits<double>::infinity();
  if (text == "-INF") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != text.npos) return std::nullopt;
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

void Trim(Number* number) {
  while (number->scale > 0 && number->digits % 10 == 0) {
    number->digits /= 10;
    --number->scale;
  }
}

bool ScaleUp(Number* number, int scale) {
  for (; number->scale < scale; ++number->scale) {
    if (__builtin_mul_overflow(number->digits, 10, &number->digits)) return false;
  }
  return true;
}

std::string DigitsOf(__int128 value) {
  const bool negative = value < 0;
  std::string text;
  do {
    const int digit = static_cast<int>(value % 10);
    text.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    value /= 10;
  } while (value != 0);
  if (negative) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

// XSD's canonical form: one digit before the point, at least one after it, no plus sign.
std::string RealText(double value, bool single) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "INF" : "-INF";
  char buffer[64];
  const auto end = single
                       ? std::to_chars(buffer, buffer + 64, static_cast<float>(value),
                                       std::chars_format::scientific)
                       : std::to_chars(buffer, buffer + 64, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  std::string mantissa(text.substr(0, e));
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  int exponent = 0;
  std::string_view digits = text.substr(e + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return StrCat(mantissa, "E", exponent);
}

enum class Operation : uint8_t { kAdd, kSubtract, kMultiply, kDivide };

std::optional<Number> DivideExact(Number a, Number b) {
  if (b.digits == 0) return std::nullopt;
  if (a.digits == 0) return Number{.type = NumberType::kDecimal};
  Number quotient{.type = NumberType::kDecimal};
  // a/10^s / (b/10^t): bring a to scale t + as many digits as fit.
  Trim(&a), Trim(&b);
  int scale = b.scale + kFractionDigits;
  while (scale > a.scale) {
    __int128 next;
    if (__builtin_mul_overflow(a.digits, 10, &next)) break;
    a.digits = next;
    ++a.scale;
  }
  if (a.scale < b.scale) return std::nullopt;
  quotient.digits = a.digits / b.digits;
  quotient.scale = a.scale - b.scale;
  Trim(&quotient);
  return quotient;
}

std::optional<Number> Exact(Operation operation, Number a, Number b) {
  const NumberType type = std::max(a.type, b.type);
  if (operation == Operation::kDivide) return DivideExact(a, b);
  Number result{.type = type};
  if (operation == Operation::kMultiply) {
    Trim(&a), Trim(&b);
    if (__builtin_mul_overflow(a.digits, b.digits, &result.digits)) return std::nullopt;
    result.scale = a.scale + b.scale;
  } else {
    if (!ScaleUp(&a, b.scale) || !ScaleUp(&b, a.scale)) return std::nullopt;
    result.scale = a.scale;
    const bool overflow = operation == Operation::kAdd
                              ? __builtin_add_overflow(a.digits, b.digits, &result.digits)
                              : __builtin_sub_overflow(a.digits, b.digits, &result.digits);
    if (overflow) return std::nullopt;
  }
  Trim(&result);
  return result;
}

std::optional<Number> Calculate(Operation operation, const Number& a, const Number& b) {
  if (a.exact() && b.exact()) return Exact(operation, a, b);
  Number result{.type = std::max(a.type, b.type)};
  const double x = a.ToDouble(), y = b.ToDouble();
  switch (operation) {
    case Operation::kAdd:
      result.real = x + y;
      break;
    case Operation::kSubtract:
      result.real = x - y;
      break;
    case Operation::kMultiply:
      result.real = x * y;
      break;
    case Operation::kDivide:
      result.real = x / y;
      break;
  }
  if (result.type == NumberType::kFloat) result.real = static_cast<float>(result.real);
  return result;
}

}  // namespace

double Number::ToDouble() const {
  if (!exact()) return real;
  double value = 0;
  const std::string text = StrCat(DigitsOf(digits), "e-", scale);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool IsNumeric(const rdf::Term& term) { return TypeOf(term).has_value(); }

std::optional<Number> ParseNumber(const rdf::Term& term) {
  const std::optional<NumberType> type = TypeOf(term);
  if (!type) return std::nullopt;
  if (*type <= NumberType::kDecimal) {
    auto number = ParseExact(term.value, *type == NumberType::kDecimal);
    if (number) number->type = *type;
    return number;
  }
  const std::optional<double> real = ParseReal(term.value);
  if (!real) return std::nullopt;
  return Number{.type = *type,
                .real = *type == NumberType::kFloat ? static_cast<float>(*real) : *real};
}

rdf::Term ToTerm(const Number& number) {
  switch (number.type) {
    case NumberType::kInteger:
      return rdf::Term::Literal(DigitsOf(number.digits), rdf::kXsdInteger);
    case NumberType::kFloat:
      return rdf::Term::Literal(RealText(number.real, true), rdf::kXsdFloat);
    case NumberType::kDouble:
      return rdf::Term::Literal(RealText(number.real, false), rdf::kXsdDouble);
    case NumberType::kDecimal:
      break;
  }
  Number trimmed = number;
  Trim(&trimmed);
  std::string text = DigitsOf(trimmed.digits < 0 ? -trimmed.digits : trimmed.digits);
  const auto scale = static_cast<size_t>(trimmed.scale);
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  // A whole number has no point (XSD 1.1, section E.1, decimalCanonicalMap; XPath F&O,
  // section 19.1.2.2).
  if (scale > 0) text.insert(text.size() - scale, ".");
  return rdf::Term::Literal(trimmed.digits < 0 ? "-" + text : text, rdf::kXsdDecimal);
}

std::optional<Number> Add(const Number& a, const Number& b) {
  return Calculate(Operation::kAdd, a, b);
}
std::optional<Number> Subtract(const Number& a, const Number& b) {
  return Calculate(Operation::kSubtract, a, b);
}
std::optional<Number> Multiply(const Number& a, const Number& b) {
  return Calculate(Operation::kMultiply, a, b);
}
std::optional<Number> Divide(const Number& a, const Number& b) {
  return Calculate(Operation::kDivide, a, b);
}

Number Negate(Number a) {
  a.digits = -a.digits;
  a.real = -a.real;
  return a;
}

std::optional<Number> Round(const Number& a, Rounding rounding) {
  Number result = a;
  if (!a.exact()) {
    result.real = rounding == Rounding::kFloor     ? std::floor(a.real)
                  : rounding == Rounding::kCeiling ? std::ceil(a.real)
                                                   : std::floor(a.real + 0.5);
    return result;
  }
  __int128 unit = 1;
  for (int i = 0; i < a.scale; ++i) {
    if (__builtin_mul_overflow(unit, 10, &unit)) return std::nullopt;
  }
  const __int128 shift = rounding == Rounding::kFloor     ? 0
                         : rounding == Rounding::kCeiling ? unit - 1
                                                          : unit / 2;
  if (__builtin_add_overflow(a.digits, shift, &result.digits)) return std::nullopt;
  const __int128 remainder = ((result.digits % unit) + unit) % unit;
  result.digits = (result.digits - remainder) / unit;
  result.scale = 0;
  return result;
}

std::optional<int> Compare(const Number& a, const Number& b) {
  if (a.exact() && b.exact()) {
    Number x = a, y = b;
    Trim(&x), Trim(&y);
    if (ScaleUp(&x, y.scale) && ScaleUp(&y, x.scale)) {
      return x.digits < y.digits ? -1 : x.digits > y.digits ? 1 : 0;
    }
  }
  const double x = a.ToDouble(), y = b.ToDouble();
  if (std::isnan(x) || std::isnan(y)) return std::nullopt;
  return x < y ? -1 : x > y ? 1 : 0;
}

}  // namespace quadraft::sim::oracle
