// Numeric functions (section 17.4.4): the result has the argument's type, and xsd:integer for types derived from it.
#include <cmath>

#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

template <typename ExactOp, typename FloatOp>
Value Apply(const Value& value, ExactOp exact, FloatOp floating) {
  switch (value.kind) {
    case ValueKind::kInteger: return Value::Integer(exact(value.decimal()));
    case ValueKind::kDecimal: return Value::DecimalNumber(exact(value.decimal()));
    case ValueKind::kFloat: return Value::Float(floating(value.floating()));
    case ValueKind::kDouble: return Value::Double(floating(value.floating()));
    default: return Value::Error();
  }
}

}  // namespace

Value Abs(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].is_exact() && args[0].decimal().is_negative() && !Negate(args[0].decimal())) return Value::Error();
  return Apply(
      args[0], [](const Decimal& d) { return d.is_negative() ? *Negate(d) : d; },
      [](double d) { return std::fabs(d); });
}

Value Round(EvaluationEnvironment&, FunctionArguments args) {
  return Apply(args[0], RoundHalfUp, [](double d) {
    // fn:round: ties go up; floor(d + 0.5) would be wrong just below 0.5 and for large values.
    const double low = std::floor(d);
    return d - low >= 0.5 ? std::copysign(low + 1, d) : low;
  });
}

Value CeilOf(EvaluationEnvironment&, FunctionArguments args) {
  return Apply(args[0], Ceil, [](double d) { return std::ceil(d); });
}

Value FloorOf(EvaluationEnvironment&, FunctionArguments args) {
  return Apply(args[0], Floor, [](double d) { return std::floor(d); });
}

Value Rand(EvaluationEnvironment& env, FunctionArguments) {
  // 53 random bits: every double in [0, 1) of that grid is as likely.
  return Value::Double(static_cast<double>(env.context().random().Next() >> 11) * 0x1.0p-53);
}

}  // namespace quadraft::sparql::functions
