// SELECT clauses, solution modifiers and subqueries (rules 8, 9, 17 to 28; sections 18.2.4
// and 18.2.5).
#include <algorithm>

#include "sparql/algebra/walk.h"
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

bool Mentions(Expression* expression, const std::set<Var>& variables) {
  bool found = false;
  VisitVariables(expression,
                 [&](Var* variable) { found = found || variables.contains(*variable); });
  return found;
}

// The first variable outside EXISTS patterns that `allowed` does not hold.
const Var* FindOutside(const Expression& expression, const std::set<Var>& allowed) {
  if (expression.kind == ExpressionKind::kVariable && !allowed.contains(expression.variable)) {
    return &expression.variable;
  }
  for (const auto& arg : expression.args) {
    if (const Var* found = FindOutside(*arg, allowed)) return found;
  }
  return nullptr;
}

}  // namespace

Status Parser::ParseSelectClause(Selection* selection) {
  selection->begin = token_.begin;
  QR_RETURN_IF_ERROR(ExpectWord("SELECT"));
  selection->distinct = AcceptWord("DISTINCT");
  selection->reduced = !selection->distinct && AcceptWord("REDUCED");
  selection->star = AcceptPunctuation("*");
  if (selection->star) return OkStatus();
  Selection* const before = std::exchange(aggregates_to_, selection);
  while (AtVariable() || AtPunctuation("(")) {
    Selection::Item item;
    if (AcceptPunctuation("(")) {
      QR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
      QR_RETURN_IF_ERROR(ExpectWord("AS"));
    }
    item.at = token_.begin;
    QR_ASSIGN_OR_RETURN(item.variable, ParseVariable());
    if (item.expression != nullptr) QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
    const auto same = [&](const Selection::Item& other) { return other.variable == item.variable; };
    if (!std::any_of(selection->items.begin(), selection->items.end(), same)) {
      selection->items.push_back(std::move(item));
    } else if (item.expression != nullptr) {
      return ErrorAt(item.at, StrCat("found AS ?", NameOf(item.variable),
                                     " a second time in SELECT, expected a new variable"));
    }
  }
  aggregates_to_ = before;
  if (selection->items.empty()) return Unexpected("'*', a variable or '(' after SELECT");
  return OkStatus();
}

StatusOr<PatternPtr> Parser::ParseWhere() {
  AcceptWord("WHERE");
  if (!AtPunctuation("{")) return Unexpected("WHERE or '{'");
  return ParseGroupPattern();
}

Status Parser::ParseSolutionModifiers(Selection* selection) {
  QR_RETURN_IF_ERROR(ParseGroupBy(selection));
  Selection* const before = std::exchange(aggregates_to_, selection);
  if (AcceptWord("HAVING")) {
    do {
      if (!AtConstraint()) return Unexpected("'(' or a function call after HAVING");
      QR_ASSIGN_OR_RETURN(selection->having.emplace_back(), ParseConstraint());
    } while (AtConstraint());
  }
  QR_RETURN_IF_ERROR(ParseOrderBy(selection));
  aggregates_to_ = before;
  return ParseLimits(selection);
}

Status Parser::ParseGroupBy(Selection* selection) {
  if (!AcceptWord("GROUP")) return OkStatus();
  QR_RETURN_IF_ERROR(ExpectWord("BY"));
  selection->grouped = true;
  while (AtVariable() || AtConstraint()) {
    Selection::Item item;
    item.at = token_.begin;
    if (AtVariable()) {
      QR_ASSIGN_OR_RETURN(item.variable, ParseVariable());
    } else if (AcceptPunctuation("(")) {
      QR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
      if (AcceptWord("AS")) {
        item.at = token_.begin;
        QR_ASSIGN_OR_RETURN(item.variable, ParseVariable());
      } else {
        item.variable = InternalVariable();
      }
      QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
    } else {
      QR_ASSIGN_OR_RETURN(item.expression, ParseConstraint());
      item.variable = InternalVariable();
    }
    selection->group.push_back(std::move(item));
  }
  if (selection->group.empty())
    return Unexpected("a variable, '(' or a function call after GROUP BY");
  return OkStatus();
}

Status Parser::ParseOrderBy(Selection* selection) {
  if (!AcceptWord("ORDER")) return OkStatus();
  QR_RETURN_IF_ERROR(ExpectWord("BY"));
  while (AtWord("ASC") || AtWord("DESC") || AtVariable() || AtConstraint()) {
    OrderKey key;
    if (AtWord("ASC") || AtWord("DESC")) {
      key.descending = AtWord("DESC");
      Advance();
      QR_ASSIGN_OR_RETURN(key.expression, ParseBracketted());
    } else if (AtVariable()) {
      QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
      key.expression = MakeVariable(variable);
    } else {
      QR_ASSIGN_OR_RETURN(key.expression, ParseConstraint());
    }
    selection->order.push_back(std::move(key));
  }
  if (selection->order.empty())
    return Unexpected("ASC, DESC, a variable, '(' or a function call after ORDER BY");
  return OkStatus();
}

Status Parser::ParseLimits(Selection* selection) {
  bool limited = false, offset = false;
  while ((AtWord("LIMIT") && !limited) || (AtWord("OFFSET") && !offset)) {
    const bool is_limit = AtWord("LIMIT");
    Advance();
    uint64_t number = 0;
    const std::string& digits = token_.text;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (token_.kind != TokenKind::kInteger || parsed.ec != std::errc() ||
        parsed.ptr != digits.data() + digits.size()) {
      return Unexpected("an unsigned integer of 64 bits");
    }
    Advance();
    if (is_limit) {
      selection->limit = number;
      limited = true;
    } else {
      selection->offset = number;
      offset = true;
    }
  }
  return OkStatus();
}

Status Parser::ParseTrailingValues(Selection* selection) {
  if (!AcceptWord("VALUES")) return OkStatus();
  QR_ASSIGN_OR_RETURN(selection->values, ParseValues());
  return OkStatus();
}

StatusOr<PatternPtr> Parser::Extend(PatternPtr pattern, Var variable, ExpressionPtr expression,
                                    size_t at) {
  QR_RETURN_IF_ERROR(Deepen());
  std::set<Var> scope;
  CollectInScope(*pattern, &scope);
  if (scope.contains(variable)) {
    return ErrorAt(at, StrCat("found AS ?", NameOf(variable), ", which the pattern already binds, ",
                              "expected a new variable"));
  }
  PatternPtr extend = MakePattern(PatternKind::kExtend, std::move(pattern));
  extend->variable = variable;
  extend->condition = std::move(expression);
  return extend;
}

StatusOr<PatternPtr> Parser::ApplyGrouping(Selection* selection, PatternPtr pattern) {
  PatternPtr group = MakePattern(PatternKind::kGroup);
  for (Selection::Item& item : selection->group) {
    if (item.expression != nullptr) {
      QR_ASSIGN_OR_RETURN(
          pattern, Extend(std::move(pattern), item.variable, std::move(item.expression), item.at));
    }
    group->group_keys.push_back(item.variable);
  }
  group->aggregates = std::move(selection->aggregates);
  group->children.push_back(std::move(pattern));
  return group;
}

// Section 19.8, note 12: beside aggregates, only what GROUP BY names may be projected.
Status Parser::CheckGrouped(const Selection& selection) {
  if (selection.star) {
    return ErrorAt(selection.begin,
                   "found SELECT * with GROUP BY or an aggregate, expected the variables by name");
  }
  std::set<Var> allowed;
  for (const auto& item : selection.group) allowed.insert(item.variable);
  for (const auto& [variable, aggregate] : selection.aggregates) allowed.insert(variable);
  for (const auto& item : selection.items) {
    const Var* outside = nullptr;
    if (item.expression != nullptr) {
      outside = FindOutside(*item.expression, allowed);
    } else if (!allowed.contains(item.variable)) {
      outside = &item.variable;
    }
    if (outside != nullptr) {
      return ErrorAt(item.at, StrCat("found ?", NameOf(*outside),
                                     " projected from groups, expected it in GROUP BY ",
                                     "or inside an aggregate"));
    }
    allowed.insert(item.variable);
  }
  return OkStatus();
}

StatusOr<PatternPtr> Parser::ApplyAliases(Selection* selection, PatternPtr pattern) {
  for (Selection::Item& item : selection->items) {
    if (item.expression == nullptr) continue;
    QR_ASSIGN_OR_RETURN(
        pattern, Extend(std::move(pattern), item.variable, std::move(item.expression), item.at));
  }
  return pattern;
}

StatusOr<std::vector<Var>> Parser::ProjectionOf(const Selection& selection,
                                                const Pattern& pattern) {
  std::vector<Var> projection;
  if (selection.star) {
    std::set<Var> scope;
    CollectInScope(pattern, &scope);
    for (const Var variable : scope) {
      if (variables_[variable.index][0] != '.') projection.push_back(variable);
    }
  }
  for (const auto& item : selection.items) projection.push_back(item.variable);
  return projection;
}

StatusOr<PatternPtr> Parser::ApplyModifiers(Selection selection, PatternPtr pattern,
                                            std::vector<Var>* projection) {
  Depth depth(this);
  std::set<Var> aliases;
  for (const auto& item : selection.items) {
    if (item.expression != nullptr) aliases.insert(item.variable);
  }
  if (selection.grouped || !selection.aggregates.empty()) {
    if (projection != nullptr) QR_RETURN_IF_ERROR(CheckGrouped(selection));
    QR_ASSIGN_OR_RETURN(pattern, ApplyGrouping(&selection, std::move(pattern)));
  }
  // HAVING comes before SELECT's expressions; one that names them, as many write it, comes after.
  const bool having_uses_alias = std::any_of(
      selection.having.begin(), selection.having.end(),
      [&](const ExpressionPtr& condition) { return Mentions(condition.get(), aliases); });
  if (having_uses_alias) {
    QR_ASSIGN_OR_RETURN(pattern, ApplyAliases(&selection, std::move(pattern)));
  }
  if (!selection.having.empty()) {
    pattern = MakePattern(PatternKind::kFilter, std::move(pattern));
    pattern->condition = Conjunction(std::move(selection.having));
  }
  if (selection.values != nullptr) {
    pattern = MakePattern(PatternKind::kJoin, std::move(pattern), std::move(selection.values));
  }
  if (!having_uses_alias) {
    QR_ASSIGN_OR_RETURN(pattern, ApplyAliases(&selection, std::move(pattern)));
  }
  if (!selection.order.empty()) {
    std::vector<OrderKey> order = std::move(selection.order);
    pattern = MakePattern(PatternKind::kOrderBy, std::move(pattern));
    pattern->order = std::move(order);
  }
  if (projection != nullptr) {
    QR_ASSIGN_OR_RETURN(*projection, ProjectionOf(selection, *pattern));
    pattern = MakePattern(PatternKind::kProject, std::move(pattern));
    pattern->variables = *projection;
  }
  if (selection.distinct) pattern = MakePattern(PatternKind::kDistinct, std::move(pattern));
  if (selection.reduced) pattern = MakePattern(PatternKind::kReduced, std::move(pattern));
  if (selection.offset > 0 || selection.limit.has_value()) {
    pattern = MakePattern(PatternKind::kSlice, std::move(pattern));
    pattern->offset = selection.offset;
    pattern->limit = selection.limit;
  }
  return pattern;
}

// Inside, every name is a variable of its own; what is projected then becomes the outer variable of
// that name.
StatusOr<PatternPtr> Parser::ParseSubSelect() {
  std::map<std::string, Var> outer = std::exchange(names_, {});
  Selection selection;
  QR_RETURN_IF_ERROR(ParseSelectClause(&selection));
  QR_ASSIGN_OR_RETURN(PatternPtr where, ParseWhere());
  QR_RETURN_IF_ERROR(ParseSolutionModifiers(&selection));
  QR_RETURN_IF_ERROR(ParseTrailingValues(&selection));
  std::vector<Var> projection;
  QR_ASSIGN_OR_RETURN(PatternPtr pattern,
                      ApplyModifiers(std::move(selection), std::move(where), &projection));
  std::map<Var, Var> renamed;
  for (const Var inner : projection) {
    const auto [it, fresh] = outer.try_emplace(NameOf(inner), inner);
    if (!fresh) renamed.emplace(inner, it->second);
  }
  names_ = std::move(outer);
  if (!renamed.empty()) {
    VisitVariables(pattern.get(), [&renamed](Var* variable) {
      const auto it = renamed.find(*variable);
      if (it != renamed.end()) *variable = it->second;
    });
  }
  return pattern;
}

}  // namespace quadraft::sparql
