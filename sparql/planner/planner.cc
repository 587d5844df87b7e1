#include "sparql/planner/planner.h"

#include <algorithm>

#include "core/base/check.h"

namespace quadraft::sparql {

namespace {

void SplitConjuncts(const Expression& condition, std::vector<const Expression*>* out) {
  if (condition.kind != ExpressionKind::kAnd) {
    out->push_back(&condition);
    return;
  }
  for (const auto& arg : condition.args) SplitConjuncts(*arg, out);
}

StatusOr<GraphSet> ResolveGraphs(const std::vector<rdf::Term>& graphs, ExecContext* context) {
  auto ids = std::make_shared<std::vector<TermId>>();
  for (const rdf::Term& graph : graphs) {
    QR_ASSIGN_OR_RETURN(const TermId id, context->IdOf(graph));
    ids->push_back(id);
  }
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
  return GraphSet(ids);
}

// Whether the pattern is at most one triple pattern and what is done with its solutions: there is no
// order and no algorithm to choose.
bool HasOneWay(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::kBasic:
      return pattern.triples.empty() || (pattern.triples.size() == 1 && pattern.triples[0].path == nullptr);
    case PatternKind::kLeftJoin: {  // OPTIONAL alone: one seek for the one empty solution.
      const Pattern& left = *pattern.children[0];
      return left.kind == PatternKind::kBasic && left.triples.empty() && HasOneWay(*pattern.children[1]);
    }
    case PatternKind::kFilter:
    case PatternKind::kExtend:
    case PatternKind::kGroup:
    case PatternKind::kOrderBy:
    case PatternKind::kProject:
    case PatternKind::kDistinct:
    case PatternKind::kReduced:
    case PatternKind::kSlice: return HasOneWay(*pattern.children[0]);
    default: return false;
  }
}

}  // namespace

StatusOr<ResolvedDataset> ResolvedDataset::Resolve(const Dataset& dataset, ExecContext* context) {
  ResolvedDataset resolved;
  if (!dataset.set) return resolved;
  QR_ASSIGN_OR_RETURN(resolved.default_graphs, ResolveGraphs(dataset.default_graphs, context));
  QR_ASSIGN_OR_RETURN(resolved.named_graphs, ResolveGraphs(dataset.named_graphs, context));
  return resolved;
}

std::optional<QuadPattern> Planner::GraphPattern(const ActiveGraph& graph) const {
  QuadPattern quad;
  QuadSlot& slot = quad.slots[3];
  switch (graph.kind) {
    case ActiveGraph::Kind::kNamed: slot.id = graph.id; return quad;
    case ActiveGraph::Kind::kVariable:
      slot.var = graph.variable;
      quad.graphs = dataset_.named_graphs;
      return quad;
    case ActiveGraph::Kind::kDefault: break;
  }
  if (dataset_.default_graphs == nullptr) {
    slot.id = store::kDefaultGraphId;
  } else if (dataset_.default_graphs->empty()) {
    return std::nullopt;
  } else if (dataset_.default_graphs->size() == 1) {
    slot.id = dataset_.default_graphs->front();
  } else {
    quad.graphs = dataset_.default_graphs;
    quad.merge_graphs = true;
  }
  return quad;
}

std::optional<TermId> Planner::Substituted(Var var, const PlanScope& scope) const {
  if (scope.substitution == nullptr) return std::nullopt;
  const auto found = scope.substitution->find(var.index);
  if (found == scope.substitution->end() || found->second == kNoTerm) return std::nullopt;
  return found->second;
}

VarSet Planner::Free(const VarSet& vars, const PlanScope& scope) const {
  VarSet out;
  for (const Var var : vars) {
    if (!Substituted(var, scope)) out.push_back(var);
  }
  return out;
}

PlanPtr Planner::Restricted(PlanPtr plan, const PlanScope& scope) const {
  std::vector<std::pair<Var, TermId>> restrictions;
  for (const Var var : plan->vars) {
    if (const auto id = Substituted(var, scope)) restrictions.emplace_back(var, *id);
  }
  if (restrictions.empty()) return plan;
  auto restricted = NewPlan(PlanKind::kRestrict, {plan});
  restricted->restrictions = std::move(restrictions);
  restricted->rows = 1 + plan->rows * 0.1;
  return restricted;
}

StatusOr<PlanPtr> Planner::Plan(const Pattern& pattern, const PlanScope& scope, bool compare_cost) {
  count_rows_ = compare_cost || !HasOneWay(pattern);
  return PlanWith(pattern, scope, {});
}

StatusOr<PlanPtr> Planner::PlanWith(const Pattern& pattern, const PlanScope& scope, Filters filters) {
  QR_ASSIGN_OR_RETURN(PlanPtr plan, PlanNode(pattern, scope, &filters));
  std::vector<PlannedFilter> rest;
  for (PendingFilter& pending : filters) rest.push_back(std::move(pending.filter));
  return MakeFilter(std::move(plan), std::move(rest));
}

StatusOr<PlanPtr> Planner::PlanPushing(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  const VarSet certain = Free(Certain(pattern), scope);
  Filters inside, outside;
  for (PendingFilter& pending : *filters) {
    const bool fits = pending.movable && IsSubset(pending.needed, certain);
    (fits ? inside : outside).push_back(std::move(pending));
  }
  *filters = std::move(outside);
  return PlanWith(pattern, scope, std::move(inside));
}

StatusOr<PlanPtr> Planner::PlanNode(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  switch (pattern.kind) {
    case PatternKind::kBasic:
    case PatternKind::kJoin: return PlanJoin(pattern, scope, filters);
    case PatternKind::kLeftJoin: return PlanLeftJoin(pattern, scope, filters);
    case PatternKind::kUnion: return PlanUnion(pattern, scope, filters);
    case PatternKind::kMinus: return PlanMinus(pattern, scope, filters);
    case PatternKind::kFilter: return PlanFilter(pattern, scope, filters);
    case PatternKind::kExtend: return PlanExtend(pattern, scope, filters);
    case PatternKind::kGraph: return PlanGraph(pattern, scope, filters);
    case PatternKind::kValues: return PlanValues(pattern, scope);
    case PatternKind::kGroup: return PlanGroup(pattern, scope);
    case PatternKind::kOrderBy: return PlanOrderBy(pattern, scope, std::nullopt);
    case PatternKind::kProject: return PlanProject(pattern, scope, std::nullopt);
    case PatternKind::kDistinct:
    case PatternKind::kReduced: return PlanDistinct(pattern, scope);
    case PatternKind::kSlice: return PlanSlice(pattern, scope);
    case PatternKind::kService: return Unimplemented("SERVICE (federated query)");
  }
  return Internal("unknown pattern kind");
}

Status Planner::Flatten(const Pattern& pattern, const PlanScope& scope, Filters* filters,
                        std::vector<JoinItem>* items) {
  if (pattern.kind == PatternKind::kJoin) {
    for (const auto& child : pattern.children) QR_RETURN_IF_ERROR(Flatten(*child, scope, filters, items));
    return OkStatus();
  }
  if (pattern.kind == PatternKind::kBasic) {
    for (const TriplePattern& triple : pattern.triples) QR_RETURN_IF_ERROR(AddTriple(triple, scope, items));
    return OkStatus();
  }
  JoinItem item;
  QR_ASSIGN_OR_RETURN(item.leaf, PlanPushing(pattern, scope, filters));
  item.vars = MakeSet(item.leaf->vars);
  items->push_back(std::move(item));
  return OkStatus();
}

StatusOr<PlanPtr> Planner::PlanJoin(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  std::vector<JoinItem> items;
  QR_RETURN_IF_ERROR(Flatten(pattern, scope, filters, &items));
  return SearchJoins(context_, std::move(items), filters, count_rows_);
}

StatusOr<PlanPtr> Planner::PlanLeftJoin(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  const Pattern& left_pattern = *pattern.children[0];
  const Pattern& right_pattern = *pattern.children[1];
  QR_ASSIGN_OR_RETURN(PlanPtr left, PlanPushing(left_pattern, scope, filters));
  // A condition on the right side alone is a filter of the right side.
  Filters right_filters;
  std::vector<PlannedFilter> conditions;
  if (pattern.condition != nullptr) {
    const VarSet visible = Free(Union(InScope(left_pattern), InScope(right_pattern)), scope);
    const VarSet right_certain = Free(Certain(right_pattern), scope);
    std::vector<const Expression*> conjuncts;
    SplitConjuncts(*pattern.condition, &conjuncts);
    for (const Expression* conjunct : conjuncts) {
      PendingFilter pending{{conjunct, scope}, Intersection(VariablesOf(*conjunct), visible), IsDeterministic(*conjunct)};
      if (pending.movable && IsSubset(pending.needed, right_certain)) {
        right_filters.push_back(std::move(pending));
      } else {
        conditions.push_back(pending.filter);
      }
    }
  }
  const bool single_triple = right_pattern.kind == PatternKind::kBasic && right_pattern.triples.size() == 1 &&
                             right_pattern.triples[0].path == nullptr;
  if (single_triple && conditions.empty() && right_filters.empty()) {
    std::vector<JoinItem> items;
    QR_RETURN_IF_ERROR(AddTriple(right_pattern.triples[0], scope, &items));
    if (items.size() == 1 && items[0].leaf == nullptr) {
      const QuadPattern quad = items[0].quad;
      Filters none;
      QR_ASSIGN_OR_RETURN(PlanPtr alone, SearchJoins(context_, std::move(items), &none, count_rows_));
      PlanPtr by_index = MakeIndexJoin(left, quad, *alone, true);
      PlanPtr by_hash = MakeHashJoin(left, alone, true, {});
      return by_index->cost < by_hash->cost ? by_index : by_hash;
    }
  }
  QR_ASSIGN_OR_RETURN(PlanPtr right, PlanWith(right_pattern, scope, std::move(right_filters)));
  return MakeHashJoin(std::move(left), std::move(right), true, std::move(conditions));
}

StatusOr<PlanPtr> Planner::PlanUnion(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  Filters inside, outside;
  const VarSet certain = Free(Certain(pattern), scope);
  for (PendingFilter& pending : *filters) {
    const bool fits = pending.movable && IsSubset(pending.needed, certain);
    (fits ? inside : outside).push_back(std::move(pending));
  }
  *filters = std::move(outside);
  std::vector<PlanPtr> children;
  for (const auto& child : pattern.children) {
    QR_ASSIGN_OR_RETURN(PlanPtr plan, PlanWith(*child, scope, inside));
    children.push_back(std::move(plan));
  }
  return MakeUnion(std::move(children));
}

StatusOr<PlanPtr> Planner::PlanMinus(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  QR_ASSIGN_OR_RETURN(PlanPtr left, PlanPushing(*pattern.children[0], scope, filters));
  QR_ASSIGN_OR_RETURN(PlanPtr right, PlanWith(*pattern.children[1], scope, {}));
  return MakeMinus(std::move(left), std::move(right));
}

StatusOr<PlanPtr> Planner::PlanFilter(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  const VarSet visible = Free(InScope(*pattern.children[0]), scope);
  std::vector<const Expression*> conjuncts;
  SplitConjuncts(*pattern.condition, &conjuncts);
  Filters own;
  for (const Expression* conjunct : conjuncts) {
    own.push_back({{conjunct, scope}, Intersection(VariablesOf(*conjunct), visible), IsDeterministic(*conjunct)});
  }
  // Filters from further out sink with ours; what is not taken below stays where it came from.
  const size_t own_count = own.size();
  own.insert(own.end(), filters->begin(), filters->end());
  QR_ASSIGN_OR_RETURN(PlanPtr plan, PlanNode(*pattern.children[0], scope, &own));
  std::vector<PlannedFilter> here;
  Filters outer;
  for (PendingFilter& pending : own) {
    const bool is_own = std::any_of(conjuncts.begin(), conjuncts.end(), [&](const Expression* conjunct) {
      return conjunct == pending.filter.expression;
    });
    if (is_own) {
      here.push_back(std::move(pending.filter));
    } else {
      outer.push_back(std::move(pending));
    }
  }
  QR_CHECK(here.size() <= own_count) << "a filter was doubled";
  *filters = std::move(outer);
  return MakeFilter(std::move(plan), std::move(here));
}

StatusOr<PlanPtr> Planner::PlanExtend(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  // Filters on the new variable wait above: those on others may go below.
  QR_ASSIGN_OR_RETURN(PlanPtr child, PlanPushing(*pattern.children[0], scope, filters));
  auto plan = std::make_shared<sparql::Plan>();
  if (child->kind == PlanKind::kExtend && pattern.children[0]->kind == PatternKind::kExtend) {
    *plan = *child;  // One operator for a run of BINDs: BNODE(x) is the same node for all of them.
  } else {
    plan = NewPlan(PlanKind::kExtend, {child});
    plan->scope = scope;
  }
  plan->extensions.emplace_back(pattern.variable, pattern.condition.get());
  plan->vars.push_back(pattern.variable);
  plan->distinct.push_back(child->rows);
  plan->cost += child->rows;
  return Restricted(std::move(plan), scope);
}

StatusOr<PlanPtr> Planner::PlanValues(const Pattern& pattern, const PlanScope& scope) {
  auto plan = NewPlan(PlanKind::kValues, {});
  plan->vars = pattern.value_variables;
  for (const Var var : Certain(pattern)) plan->certain.push_back(var);
  for (const auto& row : pattern.value_rows) {
    std::vector<TermId> ids;
    for (const auto& cell : row) {
      TermId id = kNoTerm;
      if (cell.has_value()) {
        QR_ASSIGN_OR_RETURN(id, context_->IdOf(*cell));
      }
      ids.push_back(id);
    }
    plan->value_rows.push_back(std::move(ids));
  }
  plan->rows = plan->cost = static_cast<double>(pattern.value_rows.size());
  plan->distinct.assign(plan->vars.size(), plan->rows);
  return Restricted(std::move(plan), scope);
}

StatusOr<PlanPtr> Planner::PlanGroup(const Pattern& pattern, const PlanScope& scope) {
  QR_ASSIGN_OR_RETURN(PlanPtr child, PlanWith(*pattern.children[0], scope, {}));
  auto plan = NewPlan(PlanKind::kGroup, {child});
  plan->pattern = &pattern;
  plan->scope = scope;
  plan->vars.clear();
  plan->certain.clear();
  plan->order.clear();
  double groups = 1;
  for (const Var var : pattern.group_keys) {
    if (plan->Has(var)) continue;
    plan->vars.push_back(var);
    if (child->IsCertain(var)) plan->certain.push_back(var);
    groups *= DistinctOf(*child, var);
  }
  for (const auto& [var, aggregate] : pattern.aggregates) plan->vars.push_back(var);
  plan->rows = std::max(1.0, std::min(child->rows, groups));
  plan->distinct.assign(plan->vars.size(), plan->rows);
  plan->cost = child->cost + 3 * child->rows;
  return PlanPtr(plan);
}

// A subquery (or the query itself) is evaluated on its own: a substitution from outside meets its result, section 18.6 being
// silent about what replacing a variable inside would mean.
StatusOr<PlanPtr> Planner::PlanProject(const Pattern& pattern, const PlanScope& scope, std::optional<uint64_t> limit) {
  PlanScope inner = scope;
  inner.substitution = nullptr;
  const Pattern& child_pattern = *pattern.children[0];
  PlanPtr child;
  if (child_pattern.kind == PatternKind::kOrderBy) {
    QR_ASSIGN_OR_RETURN(child, PlanOrderBy(child_pattern, inner, limit));
  } else {
    QR_ASSIGN_OR_RETURN(child, PlanWith(child_pattern, inner, {}));
  }
  auto plan = NewPlan(PlanKind::kProject, {child});
  plan->vars.clear();
  plan->certain.clear();
  plan->distinct.clear();
  for (const Var var : pattern.variables) {
    if (plan->Has(var)) continue;
    plan->vars.push_back(var);
    plan->distinct.push_back(DistinctOf(*child, var));
    if (child->IsCertain(var)) plan->certain.push_back(var);
  }
  plan->order.clear();
  for (const Var var : child->order) {
    if (!plan->Has(var)) break;
    plan->order.push_back(var);
  }
  return Restricted(std::move(plan), scope);
}

StatusOr<PlanPtr> Planner::PlanOrderBy(const Pattern& pattern, const PlanScope& scope, std::optional<uint64_t> limit) {
  QR_ASSIGN_OR_RETURN(PlanPtr child, PlanWith(*pattern.children[0], scope, {}));
  auto plan = NewPlan(PlanKind::kOrderBy, {child});
  plan->pattern = &pattern;
  plan->scope = scope;
  plan->limit = limit;
  plan->order.clear();  // By value, not by id.
  plan->cost += 20 * child->rows;
  return PlanPtr(plan);
}

StatusOr<PlanPtr> Planner::PlanSlice(const Pattern& pattern, const PlanScope& scope) {
  const Pattern& child_pattern = *pattern.children[0];
  // LIMIT right above ORDER BY (or with only the projection between): the sort keeps that many rows.
  std::optional<uint64_t> first_rows;
  if (pattern.limit && *pattern.limit <= UINT64_MAX - pattern.offset) first_rows = *pattern.limit + pattern.offset;
  PlanPtr child;
  if (child_pattern.kind == PatternKind::kProject) {
    QR_ASSIGN_OR_RETURN(child, PlanProject(child_pattern, scope, scope.substitution == nullptr ? first_rows : std::nullopt));
  } else if (child_pattern.kind == PatternKind::kOrderBy) {
    QR_ASSIGN_OR_RETURN(child, PlanOrderBy(child_pattern, scope, first_rows));
  } else {
    QR_ASSIGN_OR_RETURN(child, PlanWith(child_pattern, scope, {}));
  }
  auto plan = NewPlan(PlanKind::kSlice, {child});
  plan->offset = pattern.offset;
  plan->limit = pattern.limit;
  if (pattern.limit) plan->rows = std::min(plan->rows, static_cast<double>(*pattern.limit));
  return PlanPtr(plan);
}

StatusOr<PlanPtr> Planner::PlanDistinct(const Pattern& pattern, const PlanScope& scope) {
  QR_ASSIGN_OR_RETURN(PlanPtr child, PlanWith(*pattern.children[0], scope, {}));
  auto plan = NewPlan(pattern.kind == PatternKind::kDistinct ? PlanKind::kDistinct : PlanKind::kReduced, {child});
  plan->cost += 2 * child->rows;
  return PlanPtr(plan);
}

}  // namespace quadraft::sparql
