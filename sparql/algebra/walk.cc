#include "sparql/algebra/walk.h"

namespace quadraft::sparql {
namespace {

void Add(const VarOrTerm& position, std::set<Var>* scope) {
  if (const Var* variable = std::get_if<Var>(&position)) scope->insert(*variable);
}

using Visit = std::function<void(Var*)>;

void VisitPosition(VarOrTerm* position, const Visit& visit) {
  if (Var* variable = std::get_if<Var>(position)) visit(variable);
}

}  // namespace

void CollectInScope(const Pattern& pattern, std::set<Var>* scope) {
  switch (pattern.kind) {
    case PatternKind::kBasic:
      for (const TriplePattern& triple : pattern.triples) {
        Add(triple.subject, scope);
        if (triple.path == nullptr) Add(triple.predicate, scope);
        Add(triple.object, scope);
      }
      return;
    case PatternKind::kMinus:
      return CollectInScope(*pattern.children[0], scope);
    case PatternKind::kProject:
      scope->insert(pattern.variables.begin(), pattern.variables.end());
      return;
    case PatternKind::kGroup:
      scope->insert(pattern.group_keys.begin(), pattern.group_keys.end());
      for (const auto& [variable, expression] : pattern.aggregates) scope->insert(variable);
      return;
    case PatternKind::kValues:
      scope->insert(pattern.value_variables.begin(), pattern.value_variables.end());
      return;
    case PatternKind::kExtend:
      scope->insert(pattern.variable);
      break;
    case PatternKind::kGraph:
    case PatternKind::kService:
      Add(pattern.graph, scope);
      break;
    default:
      break;
  }
  for (const auto& child : pattern.children) CollectInScope(*child, scope);
}

void VisitVariables(Pattern* pattern, const Visit& visit) {
  for (auto& child : pattern->children) VisitVariables(child.get(), visit);
  for (TriplePattern& triple : pattern->triples) {
    VisitPosition(&triple.subject, visit);
    if (triple.path == nullptr) VisitPosition(&triple.predicate, visit);
    VisitPosition(&triple.object, visit);
  }
  if (pattern->condition != nullptr) VisitVariables(pattern->condition.get(), visit);
  if (pattern->kind == PatternKind::kExtend) visit(&pattern->variable);
  if (pattern->kind == PatternKind::kGraph || pattern->kind == PatternKind::kService) {
    VisitPosition(&pattern->graph, visit);
  }
  for (Var& variable : pattern->variables) visit(&variable);
  for (Var& variable : pattern->value_variables) visit(&variable);
  for (Var& variable : pattern->group_keys) visit(&variable);
  for (auto& [variable, expression] : pattern->aggregates) {
    visit(&variable);
    VisitVariables(expression.get(), visit);
  }
  for (OrderKey& key : pattern->order) VisitVariables(key.expression.get(), visit);
}

void VisitVariables(Expression* expression, const Visit& visit) {
  if (expression->kind == ExpressionKind::kVariable) visit(&expression->variable);
  for (auto& arg : expression->args) VisitVariables(arg.get(), visit);
  if (expression->pattern != nullptr) VisitVariables(expression->pattern.get(), visit);
}

}  // namespace quadraft::sparql
