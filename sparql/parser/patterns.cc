// Group graph patterns to algebra (rules 53 to 68, 61; section 18.2.2).
#include "sparql/algebra/walk.h"
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

bool IsUnit(const Pattern& pattern) {
  return pattern.kind == PatternKind::kBasic && pattern.triples.empty();
}

PatternPtr OrUnit(PatternPtr pattern) {
  return pattern != nullptr ? std::move(pattern) : MakePattern(PatternKind::kBasic);
}

PatternPtr WithFilters(PatternPtr pattern, std::vector<ExpressionPtr> filters) {
  if (filters.empty()) return pattern;
  pattern = MakePattern(PatternKind::kFilter, std::move(pattern));
  pattern->condition = Conjunction(std::move(filters));
  return pattern;
}

}  // namespace

StatusOr<Parser::Group> Parser::ParseGroup() {
  Depth depth(this);
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("{"));
  Selection* const aggregates_before = std::exchange(aggregates_to_, nullptr);
  block_ = ++blocks_;
  Group group;
  if (AtWord("SELECT")) {
    QR_ASSIGN_OR_RETURN(group.pattern, ParseSubSelect());
  } else {
    QR_RETURN_IF_ERROR(ParseGroupElements(&group));
  }
  if (!AtPunctuation("}")) {
    return Unexpected(
        "'}', '.', a triple, FILTER, OPTIONAL, MINUS, GRAPH, SERVICE, BIND, VALUES or '{'");
  }
  Advance();
  group.pattern = OrUnit(std::move(group.pattern));
  block_ = ++blocks_;
  aggregates_to_ = aggregates_before;
  return group;
}

StatusOr<PatternPtr> Parser::ParseGroupPattern() {
  QR_ASSIGN_OR_RETURN(Group group, ParseGroup());
  return WithFilters(std::move(group.pattern), std::move(group.filters));
}

Status Parser::ParseGroupElements(Group* group) {
  bool after_triples = false;  // Triples must not follow triples without a dot.
  bool fresh_block = true;     // The next triples start a basic graph pattern of their own.
  while (true) {
    if (AtTriples()) {
      if (after_triples) return Unexpected("'.' between triples");
      QR_RETURN_IF_ERROR(ParseTriplesInto(group, fresh_block));
      fresh_block = false;
      after_triples = !AcceptPunctuation(".");
      continue;
    }
    if (AcceptWord("FILTER")) {  // Does not end the basic graph pattern around it.
      const uint64_t block = block_;
      if (!AtConstraint()) return Unexpected("'(' or a function call after FILTER");
      QR_ASSIGN_OR_RETURN(group->filters.emplace_back(), ParseConstraint());
      block_ = block;
    } else {
      bool known = false;
      QR_RETURN_IF_ERROR(ParseGroupElement(group, &known));
      if (!known) return OkStatus();
      fresh_block = true;
      block_ = ++blocks_;
    }
    AcceptPunctuation(".");
    after_triples = false;
  }
}

Status Parser::ParseTriplesInto(Group* group, bool fresh_block) {
  std::vector<TriplePattern> triples;
  QR_RETURN_IF_ERROR(ParseTriplesSameSubject(TripleContext::kPattern, &triples));
  Pattern* last = group->pattern.get();
  if (!fresh_block) {  // Then the last thing joined was this block.
    if (last->kind == PatternKind::kJoin) last = last->children[1].get();
    for (TriplePattern& triple : triples) last->triples.push_back(std::move(triple));
    return OkStatus();
  }
  PatternPtr basic = MakePattern(PatternKind::kBasic);
  basic->triples = std::move(triples);
  return JoinInto(group, std::move(basic));
}

Status Parser::JoinInto(Group* group, PatternPtr pattern) {
  if (group->pattern == nullptr || IsUnit(*group->pattern)) {
    group->pattern = std::move(pattern);
    return OkStatus();
  }
  if (IsUnit(*pattern)) return OkStatus();
  QR_RETURN_IF_ERROR(Deepen());
  group->pattern = MakePattern(PatternKind::kJoin, std::move(group->pattern), std::move(pattern));
  return OkStatus();
}

Status Parser::ParseGroupElement(Group* group, bool* known) {
  *known = true;
  if (AtWord("OPTIONAL")) return ParseOptional(group);
  if (AtWord("BIND")) return ParseBind(group);
  if (AcceptWord("MINUS")) {
    QR_RETURN_IF_ERROR(Deepen());
    QR_ASSIGN_OR_RETURN(PatternPtr right, ParseGroupPattern());
    group->pattern =
        MakePattern(PatternKind::kMinus, OrUnit(std::move(group->pattern)), std::move(right));
    return OkStatus();
  }
  PatternPtr pattern;
  if (AtPunctuation("{")) {
    QR_ASSIGN_OR_RETURN(pattern, ParseGroupOrUnion());
  } else if (AtWord("GRAPH")) {
    QR_ASSIGN_OR_RETURN(pattern, ParseGraphPattern());
  } else if (AtWord("SERVICE")) {
    QR_ASSIGN_OR_RETURN(pattern, ParseService());
  } else if (AcceptWord("VALUES")) {
    QR_ASSIGN_OR_RETURN(pattern, ParseValues());
  } else {
    *known = false;
    return OkStatus();
  }
  return JoinInto(group, std::move(pattern));
}

Status Parser::ParseOptional(Group* group) {
  QR_RETURN_IF_ERROR(ExpectWord("OPTIONAL"));
  QR_RETURN_IF_ERROR(Deepen());
  QR_ASSIGN_OR_RETURN(Group right, ParseGroup());
  group->pattern = MakePattern(PatternKind::kLeftJoin, OrUnit(std::move(group->pattern)),
                               std::move(right.pattern));
  group->pattern->condition = Conjunction(std::move(right.filters));
  return OkStatus();
}

Status Parser::ParseBind(Group* group) {
  QR_RETURN_IF_ERROR(ExpectWord("BIND"));
  QR_RETURN_IF_ERROR(Deepen());
  QR_RETURN_IF_ERROR(ExpectPunctuation("("));
  QR_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
  QR_RETURN_IF_ERROR(ExpectWord("AS"));
  const size_t at = token_.begin;
  QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
  PatternPtr extended = OrUnit(std::move(group->pattern));
  std::set<Var> scope;
  CollectInScope(*extended, &scope);
  if (scope.contains(variable)) {
    return ErrorAt(at, StrCat("found BIND to ?", NameOf(variable),
                              ", which the group already uses, expected a new variable"));
  }
  QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  group->pattern = MakePattern(PatternKind::kExtend, std::move(extended));
  group->pattern->variable = variable;
  group->pattern->condition = std::move(expression);
  return OkStatus();
}

StatusOr<PatternPtr> Parser::ParseGroupOrUnion() {
  QR_ASSIGN_OR_RETURN(PatternPtr first, ParseGroupPattern());
  if (!AtWord("UNION")) return first;
  PatternPtr all = MakePattern(PatternKind::kUnion, std::move(first));
  while (AcceptWord("UNION")) {
    QR_ASSIGN_OR_RETURN(all->children.emplace_back(), ParseGroupPattern());
  }
  return all;
}

StatusOr<PatternPtr> Parser::ParseGraphPattern() {
  QR_RETURN_IF_ERROR(ExpectWord("GRAPH"));
  QR_ASSIGN_OR_RETURN(VarOrTerm graph, ParseVarOrIri());
  QR_ASSIGN_OR_RETURN(PatternPtr child, ParseGroupPattern());
  PatternPtr pattern = MakePattern(PatternKind::kGraph, std::move(child));
  pattern->graph = std::move(graph);
  return pattern;
}

StatusOr<PatternPtr> Parser::ParseService() {
  QR_RETURN_IF_ERROR(ExpectWord("SERVICE"));
  const bool silent = AcceptWord("SILENT");
  QR_ASSIGN_OR_RETURN(VarOrTerm endpoint, ParseVarOrIri());
  QR_ASSIGN_OR_RETURN(PatternPtr child, ParseGroupPattern());
  PatternPtr pattern = MakePattern(PatternKind::kService, std::move(child));
  pattern->graph = std::move(endpoint);
  pattern->silent = silent;
  return pattern;
}

// The DataBlock after VALUES.
StatusOr<PatternPtr> Parser::ParseValues() {
  PatternPtr pattern = MakePattern(PatternKind::kValues);
  const bool one = AtVariable();
  if (one) {
    QR_ASSIGN_OR_RETURN(pattern->value_variables.emplace_back(), ParseVariable());
  } else {
    if (!AcceptPunctuation("(")) return Unexpected("a variable or '(' after VALUES");
    while (AtVariable()) {
      const size_t at = token_.begin;
      QR_ASSIGN_OR_RETURN(const Var variable, ParseVariable());
      for (const Var other : pattern->value_variables) {
        if (other == variable) {
          return ErrorAt(at,
                         StrCat("found ?", NameOf(variable), " twice in VALUES, expected it once"));
        }
      }
      pattern->value_variables.push_back(variable);
    }
    QR_RETURN_IF_ERROR(ExpectPunctuation(")"));
  }
  QR_RETURN_IF_ERROR(ExpectPunctuation("{"));
  while (!AcceptPunctuation("}")) {
    auto& row = pattern->value_rows.emplace_back();
    if (one) {
      QR_ASSIGN_OR_RETURN(row.emplace_back(), ParseDataValue());
      continue;
    }
    const size_t at = token_.begin;
    QR_RETURN_IF_ERROR(ExpectPunctuation("("));
    while (!AcceptPunctuation(")")) {
      QR_ASSIGN_OR_RETURN(row.emplace_back(), ParseDataValue());
    }
    if (row.size() != pattern->value_variables.size()) {
      return ErrorAt(at, StrCat("found a row of ", row.size(), " values, expected ",
                                pattern->value_variables.size()));
    }
  }
  return pattern;
}

StatusOr<std::optional<rdf::Term>> Parser::ParseDataValue() {
  if (AcceptWord("UNDEF")) return std::optional<rdf::Term>();
  if (AtIri()) {
    QR_ASSIGN_OR_RETURN(rdf::Term iri, ParseIri());
    return std::optional<rdf::Term>(std::move(iri));
  }
  if (!AtLiteral()) return Unexpected("an IRI, a literal or UNDEF");
  QR_ASSIGN_OR_RETURN(rdf::Term literal, ParseLiteral());
  return std::optional<rdf::Term>(std::move(literal));
}

}  // namespace quadraft::sparql
