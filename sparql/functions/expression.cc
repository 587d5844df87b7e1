#include "sparql/functions/expression.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "sparql/functions/arithmetic.h"

namespace quadraft::sparql {

namespace {

enum class SpecialFunction : uint8_t { kNone, kBound, kIf, kCoalesce, kSameTerm };

SpecialFunction SpecialByName(std::string_view name) {
  if (name == "BOUND") return SpecialFunction::kBound;
  if (name == "IF") return SpecialFunction::kIf;
  if (name == "COALESCE") return SpecialFunction::kCoalesce;
  if (name == "SAMETERM") return SpecialFunction::kSameTerm;
  return SpecialFunction::kNone;
}

Value FromTest(std::optional<bool> truth) { return truth ? Value::Boolean(*truth) : Value::Error(); }

bool OrderHolds(ExpressionKind kind, std::partial_ordering order) {
  switch (kind) {
    case ExpressionKind::kLess: return order < 0;
    case ExpressionKind::kLessEqual: return order <= 0;
    case ExpressionKind::kGreater: return order > 0;
    default: return order >= 0;
  }
}

bool IsInlineInteger(TermId id) { return store::TagOf(id) == store::IdTag::kInteger; }
// Ids whose terms are equal, as values, exactly when the ids are.
bool IsName(TermId id) {
  return store::TagOf(id) == store::IdTag::kIri || store::TagOf(id) == store::IdTag::kBlank;
}

}  // namespace

struct BoundExpression::Node {
  ExpressionKind kind = ExpressionKind::kTerm;
  int column = -1;                  // kVariable; -1: never bound here.
  Value constant;                   // kTerm; its id is set unless it is an error.
  const FunctionRow* function = nullptr;
  SpecialFunction special = SpecialFunction::kNone;
  std::unique_ptr<ExistsChecker> exists;
  std::vector<std::unique_ptr<Node>> args;
};

BoundExpression::BoundExpression(EvaluationEnvironment* env, std::unique_ptr<Node> root)
    : env_(env), root_(std::move(root)) {}
BoundExpression::~BoundExpression() = default;

StatusOr<std::unique_ptr<BoundExpression>> BoundExpression::Bind(const Expression& expression,
                                                                 const ExpressionScope& scope) {
  QR_ASSIGN_OR_RETURN(auto root, BindNode(expression, scope));
  return std::unique_ptr<BoundExpression>(new BoundExpression(scope.env, std::move(root)));
}

StatusOr<std::unique_ptr<BoundExpression::Node>> BoundExpression::BindLeaf(const Expression& expression,
                                                                           const ExpressionScope& scope) {
  auto node = std::make_unique<Node>();
  node->kind = expression.kind;
  if (expression.kind == ExpressionKind::kTerm) {
    node->constant = ValueFromTerm(expression.term);
    node->constant.id = scope.env->IdOf(node->constant);
    QR_RETURN_IF_ERROR(scope.env->status());
    return node;
  }
  const auto found = std::find(scope.columns.begin(), scope.columns.end(), expression.variable);
  if (found != scope.columns.end()) {
    node->column = static_cast<int>(found - scope.columns.begin());
  } else if (scope.substitution != nullptr) {
    const auto value = scope.substitution->find(expression.variable.index);
    if (value != scope.substitution->end() && value->second != kNoTerm) {
      node->kind = ExpressionKind::kTerm;
      node->constant = scope.env->ValueOf(value->second);
      QR_RETURN_IF_ERROR(scope.env->status());
    }
  }
  return node;
}

Status BoundExpression::BindFunction(const Expression& expression, Node* node) {
  std::string name = expression.function;
  if (name.find(':') == std::string::npos) {
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  node->function = FindFunction(name);
  if (node->function == nullptr) return Unimplemented("the function ", expression.function);
  const int count = static_cast<int>(expression.args.size());
  const int arity_max = node->function->arity_max;
  if (count < node->function->arity_min || (arity_max != kAnyArity && count > arity_max)) {
    return InvalidArgument(expression.function, " called with ", count, " arguments");
  }
  node->special = SpecialByName(name);
  if (node->special == SpecialFunction::kBound && expression.args[0]->kind != ExpressionKind::kVariable) {
    return InvalidArgument("BOUND needs a variable");
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<BoundExpression::Node>> BoundExpression::BindNode(const Expression& expression,
                                                                           const ExpressionScope& scope) {
  switch (expression.kind) {
    case ExpressionKind::kTerm:
    case ExpressionKind::kVariable: return BindLeaf(expression, scope);
    case ExpressionKind::kAggregate: return Internal("an aggregate outside of a group");
    default: break;
  }
  auto node = std::make_unique<Node>();
  node->kind = expression.kind;
  if (expression.kind == ExpressionKind::kExists || expression.kind == ExpressionKind::kNotExists) {
    if (!scope.make_exists) return Unimplemented("EXISTS in this place");
    QR_ASSIGN_OR_RETURN(node->exists, scope.make_exists(*expression.pattern, scope.columns));
    return node;
  }
  if (expression.kind == ExpressionKind::kFunction) QR_RETURN_IF_ERROR(BindFunction(expression, node.get()));
  for (const auto& arg : expression.args) {
    QR_ASSIGN_OR_RETURN(auto bound, BindNode(*arg, scope));
    node->args.push_back(std::move(bound));
  }
  return node;
}

std::optional<TermId> BoundExpression::LeafId(const Node& node, const Batch& batch, size_t row) const {
  if (node.kind == ExpressionKind::kTerm) return node.constant.id;
  if (node.kind != ExpressionKind::kVariable) return std::nullopt;
  return node.column < 0 ? kNoTerm : batch.columns[static_cast<size_t>(node.column)][row];
}

Value BoundExpression::Evaluate(const Batch& batch, size_t row) const { return Evaluate(*root_, batch, row); }
std::optional<bool> BoundExpression::Test(const Batch& batch, size_t row) const {
  return Test(*root_, batch, row);
}
TermId BoundExpression::EvaluateId(const Batch& batch, size_t row) const {
  if (const auto id = LeafId(*root_, batch, row)) return *id;
  return env_->IdOf(Evaluate(*root_, batch, row));
}

Value BoundExpression::Evaluate(const Node& node, const Batch& batch, size_t row) const {
  switch (node.kind) {
    case ExpressionKind::kTerm: return node.constant;
    case ExpressionKind::kVariable: return env_->ValueOf(*LeafId(node, batch, row));
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
    case ExpressionKind::kMultiply:
    case ExpressionKind::kDivide: {
      const Value left = Evaluate(*node.args[0], batch, row);
      return Arithmetic(node.kind, left, Evaluate(*node.args[1], batch, row));
    }
    case ExpressionKind::kNegate: return NegateValue(Evaluate(*node.args[0], batch, row));
    case ExpressionKind::kUnaryPlus: {
      Value value = Evaluate(*node.args[0], batch, row);
      return value.is_numeric() ? value : Value::Error();
    }
    case ExpressionKind::kFunction: return Call(node, batch, row);
    default: return FromTest(Test(node, batch, row));
  }
}

std::optional<bool> BoundExpression::Test(const Node& node, const Batch& batch, size_t row) const {
  switch (node.kind) {
    case ExpressionKind::kOr:
    case ExpressionKind::kAnd: {
      // Three-valued: true decides an OR and false an AND even beside an error.
      const bool deciding = node.kind == ExpressionKind::kOr;
      bool error = false;
      for (const auto& arg : node.args) {
        const auto truth = Test(*arg, batch, row);
        if (truth == deciding) return deciding;
        error = error || !truth.has_value();
      }
      if (error) return std::nullopt;
      return !deciding;
    }
    case ExpressionKind::kNot: {
      const auto truth = Test(*node.args[0], batch, row);
      if (!truth) return std::nullopt;
      return !*truth;
    }
    case ExpressionKind::kEqual: return Equal(*node.args[0], *node.args[1], batch, row);
    case ExpressionKind::kNotEqual: {
      const auto equal = Equal(*node.args[0], *node.args[1], batch, row);
      if (!equal) return std::nullopt;
      return !*equal;
    }
    case ExpressionKind::kLess:
    case ExpressionKind::kGreater:
    case ExpressionKind::kLessEqual:
    case ExpressionKind::kGreaterEqual: return Compare(node, batch, row);
    case ExpressionKind::kIn:
    case ExpressionKind::kNotIn: return In(node, batch, row);
    case ExpressionKind::kExists:
    case ExpressionKind::kNotExists: {
      const auto found = node.exists->Check(batch, row);
      if (!found.ok()) {
        env_->Fail(found.status());
        return std::nullopt;
      }
      return *found == (node.kind == ExpressionKind::kExists);
    }
    default: return EffectiveBoolean(Evaluate(node, batch, row));
  }
}

std::optional<bool> BoundExpression::Equal(const Node& a, const Node& b, const Batch& batch, size_t row) const {
  const auto left = LeafId(a, batch, row), right = LeafId(b, batch, row);
  if (left && right) {
    if (*left == kNoTerm || *right == kNoTerm) return std::nullopt;
    if ((IsName(*left) && IsName(*right)) || (IsInlineInteger(*left) && IsInlineInteger(*right))) {
      return *left == *right;
    }
  }
  const Value left_value = Evaluate(a, batch, row);
  if (right) {
    return ValuesEqual(left_value, b.kind == ExpressionKind::kTerm ? b.constant : env_->ValueOf(*right));
  }
  return ValuesEqual(left_value, Evaluate(b, batch, row));
}

std::optional<bool> BoundExpression::Compare(const Node& node, const Batch& batch, size_t row) const {
  const Node& a = *node.args[0];
  const Node& b = *node.args[1];
  const auto left = LeafId(a, batch, row), right = LeafId(b, batch, row);
  if (left && right) {
    if (*left == kNoTerm || *right == kNoTerm) return std::nullopt;
    // Inline integers ascend with their value.
    if (IsInlineInteger(*left) && IsInlineInteger(*right)) {
      return OrderHolds(node.kind, left->value() <=> right->value());
    }
  }
  const Value left_value = Evaluate(a, batch, row);
  const auto order = ValuesCompare(left_value, Evaluate(b, batch, row));
  if (!order) return std::nullopt;
  return OrderHolds(node.kind, *order);
}

// An OR of equalities, section 17.4.1.9.
std::optional<bool> BoundExpression::In(const Node& node, const Batch& batch, size_t row) const {
  const bool positive = node.kind == ExpressionKind::kIn;
  bool error = false;
  for (size_t i = 1; i < node.args.size(); ++i) {
    const auto equal = Equal(*node.args[0], *node.args[i], batch, row);
    if (equal == true) return positive;
    error = error || !equal.has_value();
  }
  if (error) return std::nullopt;
  return !positive;
}

Value BoundExpression::SpecialForm(const Node& node, const Batch& batch, size_t row) const {
  switch (node.special) {
    case SpecialFunction::kBound: return Value::Boolean(*LeafId(*node.args[0], batch, row) != kNoTerm);
    case SpecialFunction::kIf: {
      const auto truth = Test(*node.args[0], batch, row);
      return truth ? Evaluate(*node.args[*truth ? 1 : 2], batch, row) : Value::Error();
    }
    case SpecialFunction::kCoalesce:
      for (const auto& arg : node.args) {
        Value value = Evaluate(*arg, batch, row);
        if (!value.is_error()) return value;
      }
      return Value::Error();
    default: {
      const Value left = Evaluate(*node.args[0], batch, row);
      const Value right = Evaluate(*node.args[1], batch, row);
      if (left.is_error() || right.is_error()) return Value::Error();
      return Value::Boolean(TermFromValue(left) == TermFromValue(right));
    }
  }
}

Value BoundExpression::Call(const Node& node, const Batch& batch, size_t row) const {
  if (node.special != SpecialFunction::kNone) return SpecialForm(node, batch, row);
  constexpr size_t kFewArguments = 4;
  std::array<Value, kFewArguments> few;
  std::vector<Value> many;
  if (node.args.size() > kFewArguments) many.resize(node.args.size());
  const std::span<Value> args(many.empty() ? few.data() : many.data(), node.args.size());
  for (size_t i = 0; i < args.size(); ++i) {
    args[i] = Evaluate(*node.args[i], batch, row);
    if (args[i].is_error()) return Value::Error();
    args[i].id = kNoTerm;  // Evaluators copy and change values.
  }
  return node.function->evaluate(*env_, args);
}

}  // namespace quadraft::sparql
