#include "sparql/functions/arithmetic.h"

#include <algorithm>

namespace quadraft::sparql {

namespace {

Value ExactArithmetic(ExpressionKind operation, const Value& a, const Value& b) {
  std::optional<Decimal> result;
  switch (operation) {
    case ExpressionKind::kAdd: result = Add(a.decimal(), b.decimal()); break;
    case ExpressionKind::kSubtract: result = Subtract(a.decimal(), b.decimal()); break;
    case ExpressionKind::kMultiply: result = Multiply(a.decimal(), b.decimal()); break;
    default: result = Divide(a.decimal(), b.decimal()); break;
  }
  if (!result) return Value::Error();
  const bool integer = a.kind == ValueKind::kInteger && b.kind == ValueKind::kInteger &&
                       operation != ExpressionKind::kDivide;
  return integer ? Value::Integer(*result) : Value::DecimalNumber(*result);
}

template <typename T>
T Floating(ExpressionKind operation, T a, T b) {
  switch (operation) {
    case ExpressionKind::kAdd: return a + b;
    case ExpressionKind::kSubtract: return a - b;
    case ExpressionKind::kMultiply: return a * b;
    default: return a / b;
  }
}

}  // namespace

Value Arithmetic(ExpressionKind operation, const Value& a, const Value& b) {
  if (!a.is_numeric() || !b.is_numeric()) return Value::Error();
  switch (std::max(a.kind, b.kind)) {
    case ValueKind::kInteger:
    case ValueKind::kDecimal: return ExactArithmetic(operation, a, b);
    case ValueKind::kFloat:
      return Value::Float(
          Floating(operation, static_cast<float>(a.AsDouble()), static_cast<float>(b.AsDouble())));
    default: return Value::Double(Floating(operation, a.AsDouble(), b.AsDouble()));
  }
}

Value NegateValue(const Value& a) {
  switch (a.kind) {
    case ValueKind::kInteger:
    case ValueKind::kDecimal: {
      const auto result = Negate(a.decimal());
      if (!result) return Value::Error();
      return a.kind == ValueKind::kInteger ? Value::Integer(*result) : Value::DecimalNumber(*result);
    }
    case ValueKind::kFloat: return Value::Float(-a.floating());
    case ValueKind::kDouble: return Value::Double(-a.floating());
    default: return Value::Error();
  }
}

}  // namespace quadraft::sparql
