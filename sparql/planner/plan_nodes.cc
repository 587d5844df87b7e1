#include "sparql/planner/plan_nodes.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace quadraft::sparql {

namespace {

using store::Permutation;
using store::Position;

// rows to the power of 13/16. By square roots, which IEEE 754 rounds in one way only: pow() differs
// between C libraries, and with it the plan.
double MostOf(double rows) {
  const double half = std::sqrt(rows), quarter = std::sqrt(half);
  return half * quarter * std::sqrt(std::sqrt(quarter));
}

// Guesses, in want of column statistics: how many different values a free position of `rows`
// matches has.
double GuessDistinct(Position position, double rows) {
  switch (position) {
    case Position::kSubject:
      return rows;
    case Position::kObject:
      return MostOf(rows);
    case Position::kPredicate:
      return std::min(rows, 50.0);
    case Position::kGraph:
      return std::min(rows, 100.0);
  }
  return rows;
}

double Selectivity(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kEqual:
      return 0.1;
    case ExpressionKind::kNotEqual:
      return 0.9;
    default:
      return 0.4;
  }
}

std::vector<Var> SharedVars(const Plan& left, const VarSet& right) {
  std::vector<Var> shared;
  for (const Var var : left.vars) {
    if (Contains(right, var)) shared.push_back(var);
  }
  return shared;
}

double JoinRows(const Plan& left, const Plan& right) {
  double rows = left.rows * right.rows;
  double strongest = 1;
  double others = 1;
  for (const Var var : SharedVars(left, MakeSet(right.vars))) {
    const double values = std::max({1.0, DistinctOf(left, var), DistinctOf(right, var)});
    // Further join variables are correlated with the first: they count by their square root.
    if (values > strongest) {
      others *= std::sqrt(strongest);
      strongest = values;
    } else {
      others *= std::sqrt(values);
    }
  }
  return rows / strongest / others;
}

void SetJoinDistinct(const Plan& left, const Plan& right, Plan* plan) {
  plan->distinct.clear();
  for (const Var var : plan->vars) {
    double values = plan->rows;
    if (left.Has(var)) values = std::min(values, DistinctOf(left, var));
    if (right.Has(var)) values = std::min(values, DistinctOf(right, var));
    plan->distinct.push_back(values);
  }
}

// The join's columns: the left ones, then those that only the right has.
void SetJoinVars(const Plan& left, const Plan& right, bool optional, Plan* plan) {
  plan->vars = left.vars;
  plan->certain = left.certain;
  for (const Var var : right.vars) {
    if (!left.Has(var)) plan->vars.push_back(var);
  }
  if (optional) return;
  for (const Var var : right.certain) {
    if (!plan->IsCertain(var)) plan->certain.push_back(var);
  }
}

}  // namespace

std::shared_ptr<Plan> NewPlan(PlanKind kind, std::vector<PlanPtr> children) {
  auto plan = std::make_shared<Plan>();
  plan->kind = kind;
  plan->children = std::move(children);
  if (plan->children.size() == 1) {  // What most operators on one input keep.
    const Plan& child = *plan->children[0];
    plan->vars = child.vars;
    plan->certain = child.certain;
    plan->order = child.order;
    plan->distinct = child.distinct;
    plan->rows = child.rows;
    plan->cost = child.cost;
  }
  return plan;
}

PlanPtr UnitPlan() { return NewPlan(PlanKind::kUnit, {}); }

PlanPtr EmptyPlan(const VarSet& vars) {
  auto plan = NewPlan(PlanKind::kEmpty, {});
  plan->vars = vars;
  plan->certain = vars;
  plan->order = vars;
  plan->distinct.assign(vars.size(), 0);
  plan->rows = 0;
  return plan;
}

double DistinctOf(const Plan& plan, Var var) {
  for (size_t i = 0; i < plan.vars.size(); ++i) {
    if (plan.vars[i] == var) return i < plan.distinct.size() ? plan.distinct[i] : plan.rows;
  }
  return plan.rows;
}

std::vector<Permutation> UsablePermutations(const QuadPattern& quad) {
  size_t constants = 0;
  for (const QuadSlot& slot : quad.slots) constants += slot.id != kNoTerm;
  std::vector<Permutation> usable;
  for (int i = 0; i < store::kPermutationCount; ++i) {
    const auto permutation = static_cast<Permutation>(i);
    const auto columns = store::PermutationColumns(permutation);
    bool prefix = true;
    for (size_t c = 0; c < constants; ++c) {
      prefix = prefix && quad.slots[static_cast<size_t>(columns[c])].id != kNoTerm;
    }
    // Merging graphs needs the equal triples of all graphs side by side: the graph last.
    if (quad.merge_graphs && columns[3] != Position::kGraph) continue;
    if (prefix) usable.push_back(permutation);
  }
  QR_CHECK(!usable.empty()) << "the six permutations serve every pattern";
  return usable;
}

store::ScanSpec SpecFor(const QuadPattern& quad, Permutation permutation) {
  store::ScanSpec spec;
  spec.permutation = permutation;
  for (const Position position : store::PermutationColumns(permutation)) {
    const QuadSlot& slot = quad.slots[static_cast<size_t>(position)];
    if (slot.id == kNoTerm) break;
    spec.prefix.push_back(slot.id);
  }
  return spec;
}

VarSet QuadVars(const QuadPattern& quad) {
  VarSet vars;
  for (const QuadSlot& slot : quad.slots) {
    if (slot.id == kNoTerm && slot.var) vars.push_back(*slot.var);
  }
  return MakeSet(std::move(vars));
}

std::vector<Var> ScanVars(const QuadPattern& quad, Permutation permutation) {
  std::vector<Var> vars;
  for (const Position position : store::PermutationColumns(permutation)) {
    const QuadSlot& slot = quad.slots[static_cast<size_t>(position)];
    if (slot.id != kNoTerm || !slot.var) continue;
    if (std::find(vars.begin(), vars.end(), *slot.var) == vars.end()) vars.push_back(*slot.var);
  }
  return vars;
}

PlanPtr MakeScan(const QuadPattern& quad, Permutation permutation, double count) {
  auto plan = NewPlan(PlanKind::kScan, {});
  plan->quad = quad;
  plan->permutation = permutation;
  plan->vars = ScanVars(quad, permutation);
  plan->certain = plan->vars;
  plan->order = plan->vars;
  plan->rows = count;
  plan->cost = count + kSeekCost;
  size_t free_slots = 0;
  for (const QuadSlot& slot : quad.slots) free_slots += slot.id == kNoTerm && slot.var.has_value();
  if (free_slots > plan->vars.size())
    plan->rows = std::min(plan->rows, 1 + plan->rows * 0.1);  // A repeated variable.
  for (const Var var : plan->vars) {
    double values = plan->rows;
    for (size_t position = 0; position < 4; ++position) {
      if (quad.slots[position].var == var) {
        values = std::min(values, GuessDistinct(static_cast<Position>(position), plan->rows));
      }
    }
    plan->distinct.push_back(values);
  }
  return plan;
}

PlanPtr MakeIndexJoin(PlanPtr left, const QuadPattern& quad, const Plan& alone, bool optional) {
  auto plan = NewPlan(PlanKind::kIndexJoin, {left});
  plan->quad = quad;
  plan->optional = optional;
  SetJoinVars(*left, alone, optional, plan.get());
  plan->rows = JoinRows(*left, alone);
  if (optional) plan->rows = std::max(plan->rows, left->rows);
  plan->cost = left->cost + left->rows * kSeekCost + plan->rows;
  SetJoinDistinct(*left, alone, plan.get());
  return plan;
}

PlanPtr MakePath(PlanPtr left, const QuadPattern& ends, const Path& path, double graph_rows) {
  auto plan = NewPlan(PlanKind::kPath, {left});
  plan->quad = ends;
  plan->path = &path;
  constexpr double kReached = 20;  // Nodes that a closure is guessed to reach from one.
  bool start_known = false;
  for (const size_t position : {size_t{0}, size_t{2}}) {
    const QuadSlot& slot = ends.slots[position];
    if (slot.id != kNoTerm || left->Has(*slot.var)) {
      start_known = true;
    } else if (!plan->Has(*slot.var)) {
      plan->vars.push_back(*slot.var);
    }
    if (slot.id == kNoTerm && !plan->IsCertain(*slot.var)) plan->certain.push_back(*slot.var);
  }
  const double per_row = start_known ? kReached : graph_rows * kReached;
  plan->rows = left->rows * per_row;
  plan->cost = left->cost + left->rows * (per_row * kSeekCost + (start_known ? 0 : graph_rows));
  plan->distinct.assign(plan->vars.size(), plan->rows);
  for (size_t i = 0; i < left->distinct.size(); ++i) plan->distinct[i] = left->distinct[i];
  return plan;
}

PlanPtr MakeHashJoin(PlanPtr probe, PlanPtr build, bool optional,
                     std::vector<PlannedFilter> conditions) {
  auto plan = NewPlan(PlanKind::kHashJoin, {probe, build});
  SetJoinVars(*probe, *build, optional, plan.get());
  // Probing goes row by row through the left side; a left join hands out its unmatched rows late
  // when it has to check more than keys.
  const bool plain = std::all_of(plan->vars.begin(), plan->vars.end(), [&](Var var) {
    return !(probe->Has(var) && build->Has(var)) ||
           (probe->IsCertain(var) && build->IsCertain(var));
  });
  if (!optional || (conditions.empty() && plain)) plan->order = probe->order;
  for (const Var var : plan->order) {
    // A value filled in from the right breaks the order.
    if (!probe->IsCertain(var)) {
      plan->order.clear();
      break;
    }
  }
  plan->optional = optional;
  plan->rows = JoinRows(*probe, *build);
  if (optional) plan->rows = std::max(plan->rows, probe->rows);
  for (const PlannedFilter& condition : conditions)
    plan->rows *= Selectivity(*condition.expression);
  if (optional) plan->rows = std::max(plan->rows, probe->rows);
  plan->conditions = std::move(conditions);
  plan->cost = probe->cost + build->cost + probe->rows + 2 * build->rows + plan->rows;
  SetJoinDistinct(*probe, *build, plan.get());
  return plan;
}

PlanPtr MakeMergeJoin(PlanPtr left, PlanPtr right) {
  if (left->order.empty() || right->order.empty() || left->order[0] != right->order[0])
    return nullptr;
  if (!left->IsCertain(left->order[0]) || !right->IsCertain(left->order[0])) return nullptr;
  auto plan = NewPlan(PlanKind::kMergeJoin, {left, right});
  SetJoinVars(*left, *right, false, plan.get());
  plan->order = left->order;
  for (const Var var : plan->order) {
    if (left->IsCertain(var)) continue;
    plan->order = {left->order[0]};
    break;
  }
  plan->rows = JoinRows(*left, *right);
  // The one that is ahead gallops: the other's rows in between cost nothing.
  const double touched = std::min(left->cost, right->rows * kSeekCost + kSeekCost) +
                         std::min(right->cost, left->rows * kSeekCost + kSeekCost);
  const double below =
      left->children.empty() && right->children.empty() ? touched : left->cost + right->cost;
  plan->cost = below + 0.5 * std::min(left->rows, right->rows) + plan->rows;
  SetJoinDistinct(*left, *right, plan.get());
  return plan;
}

PlanPtr MakeFilter(PlanPtr child, std::vector<PlannedFilter> conditions) {
  if (conditions.empty()) return child;
  auto plan = NewPlan(PlanKind::kFilter, {child});
  for (const PlannedFilter& condition : conditions)
    plan->rows *= Selectivity(*condition.expression);
  for (double& values : plan->distinct) values = std::min(values, plan->rows);
  plan->cost = child->cost + 4 * child->rows * static_cast<double>(conditions.size());
  plan->conditions = std::move(conditions);
  return plan;
}

PlanPtr MakeUnion(std::vector<PlanPtr> children) {
  auto plan = NewPlan(PlanKind::kUnion, std::move(children));
  plan->rows = plan->cost = 0;
  plan->vars.clear();
  plan->certain.clear();
  plan->order.clear();
  VarSet certain = MakeSet(plan->children[0]->certain);
  for (const PlanPtr& child : plan->children) {
    for (const Var var : child->vars) {
      if (!plan->Has(var)) plan->vars.push_back(var);
    }
    certain = Intersection(certain, MakeSet(child->certain));
    plan->rows += child->rows;
    plan->cost += child->cost + child->rows;
  }
  plan->certain = certain;
  plan->distinct.clear();
  for (const Var var : plan->vars) {
    double values = 0;
    for (const PlanPtr& child : plan->children)
      values += child->Has(var) ? DistinctOf(*child, var) : 0;
    plan->distinct.push_back(values);
  }
  return plan;
}

PlanPtr MakeMinus(PlanPtr left, PlanPtr right) {
  auto plan = NewPlan(PlanKind::kMinus, {left, right});
  plan->vars = left->vars;
  plan->certain = left->certain;
  plan->order = left->order;
  plan->distinct = left->distinct;
  plan->rows = left->rows;
  plan->cost = left->cost + right->cost + left->rows + right->rows;
  return plan;
}

}  // namespace quadraft::sparql
