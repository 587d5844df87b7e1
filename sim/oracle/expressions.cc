// Expressions (SPARQL 1.1 Query, section 17): logic with errors, comparison, arithmetic, IN,
// EXISTS, and the functional forms. Functions proper are in functions.cc.
#include "core/base/strings.h"
#include "sim/oracle/evaluator.h"
#include "sim/oracle/functions.h"
#include "sim/oracle/number.h"
#include "sim/oracle/terms.h"

namespace quadraft::sim::oracle {

using rdf::Term;
using sparql::Expression;
using sparql::ExpressionKind;

std::optional<bool> Evaluator::Holds(const Expression& e, const Solution& row,
                                     const Context& context) {
  const auto value = Value(e, row, context);
  return value ? EffectiveBoolean(*value) : std::nullopt;
}

std::optional<Term> Evaluator::Value(const Expression& e, const Solution& row,
                                     const Context& context) {
  switch (e.kind) {
    case ExpressionKind::kTerm:
      return e.term;
    case ExpressionKind::kVariable: {
      const Term* term = Resolve(e.variable, row, context);
      return term == nullptr ? std::nullopt : std::optional<Term>(*term);
    }
    case ExpressionKind::kOr:
    case ExpressionKind::kAnd:
      return Logical(e, row, context);
    case ExpressionKind::kNot: {
      const auto value = Holds(*e.args[0], row, context);
      return value ? std::optional<Term>(BooleanTerm(!*value)) : std::nullopt;
    }
    case ExpressionKind::kEqual:
    case ExpressionKind::kNotEqual:
    case ExpressionKind::kLess:
    case ExpressionKind::kGreater:
    case ExpressionKind::kLessEqual:
    case ExpressionKind::kGreaterEqual:
      return Compared(e, row, context);
    case ExpressionKind::kIn:
    case ExpressionKind::kNotIn:
      return In(e, row, context);
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
    case ExpressionKind::kMultiply:
    case ExpressionKind::kDivide:
    case ExpressionKind::kNegate:
    case ExpressionKind::kUnaryPlus:
      return Arithmetic(e, row, context);
    case ExpressionKind::kFunction:
      return Function(e, row, context);
    case ExpressionKind::kExists:
    case ExpressionKind::kNotExists: {
      // Section 18.6: substitute(pattern, mu), where an outer substitution still holds.
      Solution substitution = row;
      for (size_t i = 0; context.substitution != nullptr && i < substitution.size(); ++i) {
        if (substitution[i] == nullptr) substitution[i] = (*context.substitution)[i];
      }
      const bool found =
          !Eval(*e.pattern, {context.graph, context.graph_name, &substitution}).empty();
      return BooleanTerm(found == (e.kind == ExpressionKind::kExists));
    }
    case ExpressionKind::kAggregate:
      break;
  }
  Beyond("an aggregate outside a group");
  return std::nullopt;
}

// Section 17.2: an error is neither true nor false; true OR error is true, false AND error false.
std::optional<Term> Evaluator::Logical(const Expression& e, const Solution& row,
                                       const Context& context) {
  const bool decides = e.kind == ExpressionKind::kOr;
  bool error = false;
  for (const auto& arg : e.args) {
    const auto value = Holds(*arg, row, context);
    if (value == decides) return BooleanTerm(decides);
    error = error || !value;
  }
  return error ? std::nullopt : std::optional<Term>(BooleanTerm(!decides));
}

std::optional<Term> Evaluator::Compared(const Expression& e, const Solution& row,
                                        const Context& context) {
  const auto a = Value(*e.args[0], row, context), b = Value(*e.args[1], row, context);
  if (!a || !b) return std::nullopt;
  if ((IsBeyond(*a) || IsBeyond(*b)) && *a != *b) Beyond("a comparison of dates");
  if (e.kind == ExpressionKind::kEqual || e.kind == ExpressionKind::kNotEqual) {
    const auto equal = Equal(*a, *b);
    return equal ? std::optional<Term>(BooleanTerm(*equal == (e.kind == ExpressionKind::kEqual)))
                 : std::nullopt;
  }
  const auto order = CompareValues(*a, *b);
  if (!order) return std::nullopt;
  switch (e.kind) {
    case ExpressionKind::kLess:
      return BooleanTerm(*order == -1);
    case ExpressionKind::kGreater:
      return BooleanTerm(*order == 1);
    case ExpressionKind::kLessEqual:
      return BooleanTerm(*order == -1 || *order == 0);
    default:
      return BooleanTerm(*order == 1 || *order == 0);
  }
}

// Section 17.4.1.9: a = b || a = c ..., errors as in ||.
std::optional<Term> Evaluator::In(const Expression& e, const Solution& row,
                                  const Context& context) {
  const bool in = e.kind == ExpressionKind::kIn;
  const auto a = Value(*e.args[0], row, context);
  if (!a) return std::nullopt;
  bool error = false;
  for (size_t i = 1; i < e.args.size(); ++i) {
    const auto b = Value(*e.args[i], row, context);
    const auto equal = b ? Equal(*a, *b) : std::nullopt;
    if (equal == true) return BooleanTerm(in);
    error = error || !equal;
  }
  return error ? std::nullopt : std::optional<Term>(BooleanTerm(!in));
}

std::optional<Term> Evaluator::Arithmetic(const Expression& e, const Solution& row,
                                          const Context& context) {
  const auto a = Value(*e.args[0], row, context);
  if (!a) return std::nullopt;
  if (IsBeyond(*a)) Beyond("arithmetic of dates");
  const auto x = ParseNumber(*a);
  if (!x) return std::nullopt;
  if (e.kind == ExpressionKind::kNegate) return ToTerm(Negate(*x));
  if (e.kind == ExpressionKind::kUnaryPlus) return a;
  const auto b = Value(*e.args[1], row, context);
  const auto y = b ? ParseNumber(*b) : std::nullopt;
  if (!y) return std::nullopt;
  std::optional<Number> result;
  if (e.kind == ExpressionKind::kAdd) result = Add(*x, *y);
  if (e.kind == ExpressionKind::kSubtract) result = Subtract(*x, *y);
  if (e.kind == ExpressionKind::kMultiply) result = Multiply(*x, *y);
  if (e.kind == ExpressionKind::kDivide) result = Divide(*x, *y);
  const bool by_zero = e.kind == ExpressionKind::kDivide && y->exact() && y->digits == 0;
  if (!result && !by_zero) Beyond("a number of too many digits");
  return result ? std::optional<Term>(ToTerm(*result)) : std::nullopt;
}

std::optional<Term> Evaluator::Function(const Expression& e, const Solution& row,
                                        const Context& context) {
  if (e.function == "BOUND")
    return BooleanTerm(Resolve(e.args[0]->variable, row, context) != nullptr);
  if (e.function == "IF") {
    const auto condition = Holds(*e.args[0], row, context);
    if (!condition) return std::nullopt;
    return Value(*e.args[*condition ? 1 : 2], row, context);
  }
  if (e.function == "COALESCE") {
    for (const auto& arg : e.args) {
      if (auto value = Value(*arg, row, context)) return value;
    }
    return std::nullopt;
  }
  std::vector<Term> args;
  for (const auto& arg : e.args) {
    auto value = Value(*arg, row, context);
    if (!value) return std::nullopt;
    args.push_back(*std::move(value));
  }
  FunctionResult result = CallFunction(e.function, args);
  if (result.beyond) Beyond(StrCat("the function ", e.function));
  return std::move(result.term);
}

}  // namespace quadraft::sim::oracle
