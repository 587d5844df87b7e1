// Expressions (rules 110 to 128) by precedence climbing: three frames per level of nesting.
#include "sparql/parser/builtins.h"
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kExpected =
    "an expression: a variable, a literal, an IRI, a function call or '('";

// Levels, loosest first; `kind` as in the algebra.
constexpr int kOrLevel = 0, kAndLevel = 1, kRelationalLevel = 2, kAdditiveLevel = 3,
              kMultiplicativeLevel = 4;

struct Operator {
  std::string_view mark;
  int level;
  ExpressionKind kind;
};
constexpr Operator kOperators[] = {
    {"||", kOrLevel, ExpressionKind::kOr},
    {"&&", kAndLevel, ExpressionKind::kAnd},
    {"=", kRelationalLevel, ExpressionKind::kEqual},
    {"!=", kRelationalLevel, ExpressionKind::kNotEqual},
    {"<", kRelationalLevel, ExpressionKind::kLess},
    {">", kRelationalLevel, ExpressionKind::kGreater},
    {"<=", kRelationalLevel, ExpressionKind::kLessEqual},
    {">=", kRelationalLevel, ExpressionKind::kGreaterEqual},
    {"+", kAdditiveLevel, ExpressionKind::kAdd},
    {"-", kAdditiveLevel, ExpressionKind::kSubtract},
    {"*", kMultiplicativeLevel, ExpressionKind::kMultiply},
    {"/", kMultiplicativeLevel, ExpressionKind::kDivide},
};

bool IsSigned(const Token& token) { return token.text[0] == '+' || token.text[0] == '-'; }

}  // namespace

StatusOr<ExpressionPtr> Parser::ParseExpression(int level) {
  Depth depth(this);
  QR_ASSIGN_OR_RETURN(ExpressionPtr left, ParseUnary());
  int highest = kMultiplicativeLevel;  // What binds tighter than the last operator is inside its
                                       // right operand.
  while (true) {
    // "1 -2": the sign belongs to the number (rule 116), and the two are added.
    if (AtNumber() && IsSigned(token_) && level <= kAdditiveLevel && highest >= kAdditiveLevel) {
      highest = kAdditiveLevel;
      QR_RETURN_IF_ERROR(Deepen());
      QR_ASSIGN_OR_RETURN(ExpressionPtr right, ParseExpression(kMultiplicativeLevel));
      left = MakeExpression(ExpressionKind::kAdd, std::move(left), std::move(right));
      continue;
    }
    if ((AtWord("IN") || AtWord("NOT")) && level <= kRelationalLevel &&
        highest >= kRelationalLevel) {
      highest = kRelationalLevel - 1;  // Comparisons do not chain.
      const bool negated = AcceptWord("NOT");
      QR_RETURN_IF_ERROR(ExpectWord("IN"));
      QR_RETURN_IF_ERROR(Deepen());
      QR_ASSIGN_OR_RETURN(
          left, ParseIn(std::move(left), negated ? ExpressionKind::kNotIn : ExpressionKind::kIn));
      continue;
    }
    const Operator* found = nullptr;
    for (const Operator& candidate : kOperators) {
      if (AtPunctuation(candidate.mark)) found = &candidate;
    }
    if (found == nullptr || found->level < level || found->level > highest) return left;
    highest = found->level == kRelationalLevel ? kRelationalLevel - 1 : found->level;
    Advance();
    QR_ASSIGN_OR_RETURN(ExpressionPtr right, ParseExpression(found->level + 1));
    const bool flat = found->level <= kAndLevel && left->kind == found->kind;
    if (flat) {  // a || b || c: one node.
      left->args.push_back(std::move(right));
      continue;
    }
    QR_RETURN_IF_ERROR(Deepen());
    left = MakeExpression(found->kind, std::move(left), std::move(right));
  }
}

StatusOr<ExpressionPtr> Parser::ParseIn(ExpressionPtr left, ExpressionKind kind) {
  ExpressionPtr in = MakeExpression(kind, std::move(left));
  QR_RETURN_IF_ERROR(ParseArguments(in.get()));
  return in;
}

StatusOr<ExpressionPtr> Parser::ParseUnary() {
  ExpressionKind kind;
  if (AtPunctuation("!")) {
    kind = ExpressionKind::kNot;
  } else if (AtPunctuation("-")) {
    kind = ExpressionKind::kNegate;
  } else if (AtPunctuation("+")) {
    kind = ExpressionKind::kUnaryPlus;
  } else {
    return ParsePrimary();
  }
  Advance();
  QR_ASSIGN_OR_RETURN(ExpressionPtr operand, ParsePrimary());
  return MakeExpression(kind, std::move(operand));
}

StatusOr<ExpressionPtr> Parser::ParsePrimary() {
  if (AtPunctuation("(")) return ParseBracketted();
  if (AtVariable()) {
    QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
    return MakeVariable(variable);
  }
  if (AtLiteral()) {
    ExpressionPtr literal = MakeExpression(ExpressionKind::kTerm);
    QR_ASSIGN_OR_RETURN(literal->term, ParseLiteral());
    return literal;
  }
  if (AtIri()) return ParseIriOrFunction();
  if (AtBuiltIn()) return ParseBuiltIn();
  return Unexpected(kExpected);
}

StatusOr<ExpressionPtr> Parser::ParseBracketted() {
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("("));
  QR_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
  QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  return expression;
}

bool Parser::AtConstraint() const { return AtPunctuation("(") || AtIri() || AtBuiltIn(); }

StatusOr<ExpressionPtr> Parser::ParseConstraint() {
  if (AtPunctuation("(")) return ParseBracketted();
  if (AtBuiltIn()) return ParseBuiltIn();
  const Token name = token_;
  QR_ASSIGN_OR_RETURN(ExpressionPtr call, ParseIriOrFunction());
  if (call->kind != ExpressionKind::kFunction) {
    return ErrorAt(name.begin,
                   StrCat("found ", Describe(name), ", expected a function call or '('"));
  }
  return call;
}

StatusOr<ExpressionPtr> Parser::ParseIriOrFunction() {
  QR_ASSIGN_OR_RETURN(rdf::Term iri, ParseIri());
  if (!AtPunctuation("(")) {
    ExpressionPtr term = MakeExpression(ExpressionKind::kTerm);
    term->term = std::move(iri);
    return term;
  }
  ExpressionPtr call = MakeExpression(ExpressionKind::kFunction);
  call->function = std::move(iri.value);
  if (PeekNext().kind == TokenKind::kWord && PeekNext().text == "DISTINCT") {
    return ErrorAt(PeekNext().begin,
                   StrCat("found DISTINCT in a call of <", call->function,
                          ">, expected arguments: there are no aggregates beyond SPARQL's own"));
  }
  QR_RETURN_IF_ERROR(ParseArguments(call.get()));
  return call;
}

Status Parser::ParseArguments(Expression* call) {
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("("));
  if (AcceptPunctuation(")")) return OkStatus();
  do {
    QR_ASSIGN_OR_RETURN(call->args.emplace_back(), ParseExpression());
  } while (AcceptPunctuation(","));
  if (AcceptPunctuation(")")) return OkStatus();
  return Unexpected("',' or ')'");
}

bool Parser::AtBuiltIn() const {
  return token_.kind == TokenKind::kWord &&
         (FindBuiltIn(token_.text) != nullptr || IsAggregate(token_.text) || AtWord("EXISTS") ||
          AtWord("NOT"));
}

StatusOr<ExpressionPtr> Parser::ParseBuiltIn() {
  if (AcceptWord("EXISTS")) return ParseExists(false);
  if (AcceptWord("NOT")) {
    QR_RETURN_IF_ERROR(ExpectWord("EXISTS"));
    return ParseExists(true);
  }
  if (IsAggregate(token_.text)) return ParseAggregate();
  const Token name = token_;
  const BuiltIn& row = *FindBuiltIn(name.text);
  Advance();
  ExpressionPtr call = MakeExpression(ExpressionKind::kFunction);
  call->function = row.name;
  QR_RETURN_IF_ERROR(ParseArguments(call.get()));
  const int count = static_cast<int>(call->args.size());
  if (count < row.args_min || count > row.args_max) {
    const std::string range = row.args_min == row.args_max
                                  ? StrCat(row.args_min)
                                  : StrCat(row.args_min, " to ", row.args_max);
    return ErrorAt(name.begin,
                   StrCat("found ", row.name, " with ", count, " arguments, expected ", range));
  }
  if (row.name == "BOUND" && call->args[0]->kind != ExpressionKind::kVariable) {
    return ErrorAt(name.begin, "found BOUND of an expression, expected a variable");
  }
  if ((row.name == "IRI" || row.name == "URI") && !base_.empty()) {  // Relative ones are resolved here (section 17.4.2.8).
    call->args.push_back(MakeExpression(ExpressionKind::kTerm));
    call->args.back()->term = rdf::Term::Iri(base_);
  }
  return call;
}

StatusOr<ExpressionPtr> Parser::ParseExists(bool negated) {
  const uint64_t block = block_;
  ExpressionPtr exists =
      MakeExpression(negated ? ExpressionKind::kNotExists : ExpressionKind::kExists);
  QR_ASSIGN_OR_RETURN(exists->pattern, ParseGroupPattern());
  block_ = block;
  return exists;
}

// The aggregate goes to the selection; what stands in the expression is a variable for its value.
StatusOr<ExpressionPtr> Parser::ParseAggregate() {
  const Token name = token_;
  if (aggregates_to_ == nullptr) {
    return ErrorAt(name.begin, StrCat("found the aggregate ", name.text,
                                      " here, expected it only in SELECT, HAVING ",
                                      "or ORDER BY, and not inside another aggregate"));
  }
  Advance();
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("("));
  Selection* const selection = std::exchange(aggregates_to_, nullptr);
  ExpressionPtr aggregate = MakeExpression(ExpressionKind::kAggregate);
  aggregate->function = name.text;
  aggregate->distinct = AcceptWord("DISTINCT");
  if (name.text != "COUNT" || !AcceptPunctuation("*")) {
    QR_ASSIGN_OR_RETURN(aggregate->args.emplace_back(), ParseExpression());
  }
  if (name.text == "GROUP_CONCAT" && AcceptPunctuation(";")) {
    QR_RETURN_IF_ERROR(ExpectWord("SEPARATOR"));
    QR_RETURN_IF_ERROR(ExpectPunctuation("="));
    if (token_.kind != TokenKind::kString) return Unexpected("a string");
    aggregate->separator = token_.text;
    Advance();
  }
  QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  aggregates_to_ = selection;
  const Var value = InternalVariable();
  selection->aggregates.emplace_back(value, std::move(aggregate));
  return MakeVariable(value);
}

}  // namespace quadraft::sparql
