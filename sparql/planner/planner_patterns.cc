// The planner's leaves: triple patterns, property paths and GRAPH.
#include <algorithm>

#include "sparql/planner/planner.h"

namespace quadraft::sparql {

namespace {

// Whether matching `pattern` once with the graph as a column is the same as matching it graph by graph: nothing inside may
// look at all solutions of one graph at once (aggregates, LIMIT, MINUS's domains) or carry the graph into an expression.
bool IsGraphwise(const Pattern& pattern) {
  for (const auto& child : pattern.children) {
    if (!IsGraphwise(*child)) return false;
  }
  if (pattern.condition != nullptr && HasExists(*pattern.condition)) return false;
  switch (pattern.kind) {
    case PatternKind::kBasic: break;
    case PatternKind::kJoin:
    case PatternKind::kLeftJoin:
    case PatternKind::kUnion:
    case PatternKind::kFilter:
    case PatternKind::kExtend:
    case PatternKind::kValues: return true;
    default: return false;
  }
  const auto has_closure = [](const auto& self, const Path& path) -> bool {
    if (path.kind == PathKind::kZeroOrMore || path.kind == PathKind::kOneOrMore || path.kind == PathKind::kZeroOrOne) {
      return true;
    }
    return std::any_of(path.args.begin(), path.args.end(), [&](const auto& arg) { return self(self, *arg); });
  };
  return std::none_of(pattern.triples.begin(), pattern.triples.end(), [&](const TriplePattern& triple) {
    return triple.path != nullptr && has_closure(has_closure, *triple.path);
  });
}

// Whether every solution comes from at least one quad, and so from one graph.
bool BindsGraph(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::kBasic: return !pattern.triples.empty();
    case PatternKind::kJoin: return BindsGraph(*pattern.children[0]) || BindsGraph(*pattern.children[1]);
    case PatternKind::kUnion:
      return std::all_of(pattern.children.begin(), pattern.children.end(),
                         [](const auto& child) { return BindsGraph(*child); });
    case PatternKind::kLeftJoin: 
      // The right side must be tied to the left one's graph.
      return BindsGraph(*pattern.children[0]) && BindsGraph(*pattern.children[1]);
    case PatternKind::kFilter:
    case PatternKind::kExtend: return BindsGraph(*pattern.children[0]);
    default: return false;
  }
}

bool AllLeftJoinsBind(const Pattern& pattern) {
  if (pattern.kind == PatternKind::kLeftJoin && !BindsGraph(pattern)) return false;
  return std::all_of(pattern.children.begin(), pattern.children.end(),
                     [](const auto& child) { return AllLeftJoinsBind(*child); });
}

}  // namespace

StatusOr<QuadSlot> Planner::SlotOf(const VarOrTerm& part, const PlanScope& scope) {
  QuadSlot slot;
  if (const rdf::Term* term = std::get_if<rdf::Term>(&part)) {
    QR_ASSIGN_OR_RETURN(slot.id, context_->IdOf(*term));
    return slot;
  }
  const Var var = std::get<Var>(part);
  if (const auto id = Substituted(var, scope)) {
    slot.id = *id;
  } else {
    slot.var = var;
  }
  return slot;
}

Status Planner::AddTriple(const TriplePattern& triple, const PlanScope& scope, std::vector<JoinItem>* items) {
  QR_ASSIGN_OR_RETURN(const QuadSlot subject, SlotOf(triple.subject, scope));
  QR_ASSIGN_OR_RETURN(const QuadSlot object, SlotOf(triple.object, scope));
  if (triple.path != nullptr) return AddPath(subject, *triple.path, object, scope, items);
  QR_ASSIGN_OR_RETURN(const QuadSlot predicate, SlotOf(triple.predicate, scope));
  return AddQuad(subject, predicate, object, scope, items);
}

Status Planner::AddQuad(const QuadSlot& subject, const QuadSlot& predicate, const QuadSlot& object,
                        const PlanScope& scope, std::vector<JoinItem>* items) {
  JoinItem item;
  const auto graphs = GraphPattern(scope.graph);
  QuadPattern quad = graphs.value_or(QuadPattern{});
  quad.slots[0] = subject;
  quad.slots[1] = predicate;
  quad.slots[2] = object;
  item.vars = QuadVars(quad);
  // Terms that only this query knows are in no quad.
  const bool unknown = std::any_of(quad.slots.begin(), quad.slots.end(), [](const QuadSlot& slot) {
    return slot.id != kNoTerm && store::TagOf(slot.id) == store::IdTag::kLocal;
  });
  if (!graphs || unknown) {
    item.leaf = EmptyPlan(item.vars);
  } else {
    item.quad = std::move(quad);
  }
  items->push_back(std::move(item));
  return OkStatus();
}

// Section 18.2.2.4: everything but the closures is plain algebra.
Status Planner::AddPath(const QuadSlot& subject, const Path& path, const QuadSlot& object, const PlanScope& scope,
                        std::vector<JoinItem>* items) {
  switch (path.kind) {
    case PathKind::kLink: {
      QR_ASSIGN_OR_RETURN(const QuadSlot predicate, SlotOf(path.iri, scope));
      return AddQuad(subject, predicate, object, scope, items);
    }
    case PathKind::kInverse: return AddPath(object, *path.args[0], subject, scope, items);
    case PathKind::kSequence: {
      QuadSlot from = subject;
      for (size_t i = 0; i < path.args.size(); ++i) {
        QuadSlot to = object;
        if (i + 1 < path.args.size()) to = QuadSlot{kNoTerm, FreshVar()};
        QR_RETURN_IF_ERROR(AddPath(from, *path.args[i], to, scope, items));
        from = to;
      }
      return OkStatus();
    }
    case PathKind::kAlternative: {
      std::vector<std::vector<JoinItem>> branches;
      for (const auto& arg : path.args) {
        branches.emplace_back();
        QR_RETURN_IF_ERROR(AddPath(subject, *arg, object, scope, &branches.back()));
      }
      QR_ASSIGN_OR_RETURN(JoinItem item, UnionItem(std::move(branches)));
      items->push_back(std::move(item));
      return OkStatus();
    }
    case PathKind::kNegatedSet: return AddNegatedSet(subject, path, object, scope, items);
    case PathKind::kZeroOrMore:
    case PathKind::kOneOrMore:
    case PathKind::kZeroOrOne: break;
  }
  JoinItem item;
  item.quad = GraphPattern(scope.graph).value_or(QuadPattern{});
  if (!GraphPattern(scope.graph)) item.quad.graphs = std::make_shared<std::vector<TermId>>();
  item.quad.slots[0] = subject;
  item.quad.slots[2] = object;
  item.path = &path;
  for (const QuadSlot& slot : {subject, object}) {
    if (slot.var) item.vars.push_back(*slot.var);
  }
  item.vars = MakeSet(std::move(item.vars));
  items->push_back(std::move(item));
  return OkStatus();
}

Status Planner::AddNegatedSet(const QuadSlot& subject, const Path& path, const QuadSlot& object,
                              const PlanScope& scope, std::vector<JoinItem>* items) {
  std::vector<std::vector<JoinItem>> branches;
  const auto add = [&](const QuadSlot& from, const std::vector<rdf::Term>& names, const QuadSlot& to) -> Status {
    auto excluded = std::make_shared<std::vector<TermId>>();
    for (const rdf::Term& name : names) {
      QR_ASSIGN_OR_RETURN(const TermId id, context_->IdOf(name));
      excluded->push_back(id);
    }
    std::sort(excluded->begin(), excluded->end());
    branches.emplace_back();
    QR_RETURN_IF_ERROR(AddQuad(from, QuadSlot{kNoTerm, FreshVar()}, to, scope, &branches.back()));
    branches.back()[0].quad.excluded_predicates = std::move(excluded);
    return OkStatus();
  };
  if (!path.negated.empty() || path.negated_inverse.empty()) QR_RETURN_IF_ERROR(add(subject, path.negated, object));
  if (!path.negated_inverse.empty()) QR_RETURN_IF_ERROR(add(object, path.negated_inverse, subject));
  if (branches.size() == 1) {
    items->push_back(std::move(branches[0][0]));
    return OkStatus();
  }
  QR_ASSIGN_OR_RETURN(JoinItem item, UnionItem(std::move(branches)));
  items->push_back(std::move(item));
  return OkStatus();
}

StatusOr<JoinItem> Planner::UnionItem(std::vector<std::vector<JoinItem>> branches) {
  std::vector<PlanPtr> plans;
  for (auto& branch : branches) {
    std::vector<PendingFilter> none;
    QR_ASSIGN_OR_RETURN(PlanPtr plan, SearchJoins(context_, std::move(branch), &none));
    plans.push_back(std::move(plan));
  }
  JoinItem item;
  item.leaf = MakeUnion(std::move(plans));
  item.vars = MakeSet(item.leaf->vars);
  return item;
}

StatusOr<PlanPtr> Planner::PlanNamedGraph(const Pattern& child, TermId graph, const PlanScope& scope, Filters* filters) {
  PlanScope inner = scope;
  inner.graph = ActiveGraph{ActiveGraph::Kind::kNamed, graph, {}};
  bool exists = false;
  if (dataset_.named_graphs != nullptr) {
    exists = std::binary_search(dataset_.named_graphs->begin(), dataset_.named_graphs->end(), graph);
  } else if (store::TagOf(graph) == store::IdTag::kIri || store::TagOf(graph) == store::IdTag::kBlank) {
    QR_ASSIGN_OR_RETURN(const uint64_t rows,
                        context_->view().EstimateRows({store::Permutation::kGspo, {graph}}));
    exists = rows > 0;
  }
  if (!exists) return EmptyPlan(Free(InScope(child), scope));
  return PlanPushing(child, inner, filters);
}

StatusOr<PlanPtr> Planner::PlanGraph(const Pattern& pattern, const PlanScope& scope, Filters* filters) {
  QR_ASSIGN_OR_RETURN(const QuadSlot graph, SlotOf(pattern.graph, scope));
  if (graph.id != kNoTerm) return PlanNamedGraph(*pattern.children[0], graph.id, scope, filters);
  return PlanGraphVariable(pattern, *graph.var, scope, filters);
}

StatusOr<PlanPtr> Planner::PlanGraphVariable(const Pattern& pattern, Var variable, const PlanScope& scope,
                                             Filters* filters) {
  const Pattern& child = *pattern.children[0];
  if (IsGraphwise(child) && BindsGraph(child) && AllLeftJoinsBind(child) && !Contains(Mentioned(child), variable)) {
    PlanScope inner = scope;
    inner.graph = ActiveGraph{ActiveGraph::Kind::kVariable, {}, variable};
    // The child binds the variable too, now: filters that need it may go in.
    Filters inside, outside;
    const VarSet certain = Free(Certain(pattern), scope);
    for (PendingFilter& pending : *filters) {
      const bool fits = pending.movable && IsSubset(pending.needed, certain);
      (fits ? inside : outside).push_back(std::move(pending));
    }
    *filters = std::move(outside);
    return PlanWith(child, inner, std::move(inside));
  }
  auto plan = NewPlan(PlanKind::kGraphLoop, {});
  plan->pattern = &child;
  plan->graph_variable = variable;
  plan->scope = scope;
  plan->vars = Free(InScope(pattern), scope);
  plan->certain = Free(Certain(pattern), scope);
  constexpr double kGuessedRows = 1000;
  plan->rows = plan->cost = kGuessedRows;
  plan->distinct.assign(plan->vars.size(), kGuessedRows);
  return PlanPtr(plan);
}

}  // namespace quadraft::sparql
