#include "sparql/exec/builder.h"

#include <utility>

#include "sparql/exec/exists.h"
#include "sparql/exec/graph_loop.h"
#include "sparql/exec/group.h"
#include "sparql/exec/hash_join.h"
#include "sparql/exec/index_join.h"
#include "sparql/exec/merge_join.h"
#include "sparql/exec/minus.h"
#include "sparql/exec/order_by.h"
#include "sparql/exec/path.h"
#include "sparql/exec/scan.h"
#include "sparql/exec/simple_operators.h"

namespace quadraft::sparql {

bool QueryRun::IsVisible(Var var) const {
  return var.index < variables_->size() && !(*variables_)[var.index].starts_with('.');
}

ExpressionScope QueryRun::ScopeFor(const std::vector<Var>& columns, const PlanScope& scope) {
  ExpressionScope out;
  out.env = &env_;
  out.columns = columns;
  out.substitution = scope.substitution.get();
  out.make_exists = [this, scope](const Pattern& pattern, const std::vector<Var>& exists_columns) {
    return MakeExistsChecker(this, pattern, exists_columns, scope);
  };
  return out;
}

StatusOr<std::unique_ptr<Conditions>> QueryRun::BindConditions(const std::vector<PlannedFilter>& filters,
                                                               const std::vector<Var>& columns) {
  if (filters.empty()) return std::unique_ptr<Conditions>();
  auto conditions = std::make_unique<Conditions>(&env_);
  for (const PlannedFilter& filter : filters) {
    QR_ASSIGN_OR_RETURN(auto bound, BoundExpression::Bind(*filter.expression, ScopeFor(columns, filter.scope)));
    conditions->Add(std::move(bound));
  }
  return conditions;
}

StatusOr<OperatorPtr> QueryRun::Open(const Pattern& pattern, const PlanScope& scope) {
  QR_ASSIGN_OR_RETURN(const PlanPtr plan, planner_->Plan(pattern, scope));
  return Build(*plan);
}

StatusOr<OperatorPtr> QueryRun::Build(const Plan& plan) {
  std::vector<OperatorPtr> children;
  for (const PlanPtr& child : plan.children) {
    QR_ASSIGN_OR_RETURN(OperatorPtr built, Build(*child));
    children.push_back(std::move(built));
  }
  return BuildWithChildren(plan, std::move(children));
}

StatusOr<OperatorPtr> QueryRun::BuildExtend(const Plan& plan, OperatorPtr child) {
  std::vector<std::unique_ptr<BoundExpression>> extensions;
  std::vector<Var> columns = child->vars();
  for (const auto& [var, expression] : plan.extensions) {
    QR_ASSIGN_OR_RETURN(auto bound, BoundExpression::Bind(*expression, ScopeFor(columns, plan.scope)));
    extensions.push_back(std::move(bound));
    columns.push_back(var);
  }
  return OperatorPtr(
      new ExtendOperator(context_, plan.vars, std::move(child), &env_, std::move(extensions)));
}

StatusOr<OperatorPtr> QueryRun::BuildGroup(const Plan& plan, OperatorPtr child) {
  std::vector<size_t> row_columns;
  for (size_t c = 0; c < child->vars().size(); ++c) {
    if (IsVisible(child->vars()[c])) row_columns.push_back(c);
  }
  std::vector<std::unique_ptr<Aggregate>> aggregates;
  const ExpressionScope scope = ScopeFor(child->vars(), plan.scope);
  for (const auto& [var, expression] : plan.pattern->aggregates) {
    QR_ASSIGN_OR_RETURN(auto aggregate, NewAggregate(*expression, context_, scope, row_columns));
    aggregates.push_back(std::move(aggregate));
  }
  return OperatorPtr(new GroupOperator(context_, plan.vars, std::move(child), &env_, std::move(aggregates)));
}

StatusOr<OperatorPtr> QueryRun::BuildOrderBy(const Plan& plan, OperatorPtr child) {
  std::vector<SortKey> keys;
  for (const OrderKey& key : plan.pattern->order) {
    QR_ASSIGN_OR_RETURN(auto bound, BoundExpression::Bind(*key.expression, ScopeFor(child->vars(), plan.scope)));
    keys.push_back({std::move(bound), key.descending});
  }
  return OperatorPtr(new OrderByOperator(context_, std::move(child), &env_, std::move(keys), plan.limit));
}

StatusOr<OperatorPtr> QueryRun::BuildWithChildren(const Plan& plan, std::vector<OperatorPtr> children) {
  const auto child = [&children](size_t i) { return std::move(children[i]); };
  switch (plan.kind) {
    case PlanKind::kUnit:
      return OperatorPtr(new ValuesOperator(context_, {}, {{}}));
    case PlanKind::kEmpty: return OperatorPtr(new ValuesOperator(context_, plan.vars, {}));
    case PlanKind::kValues: return OperatorPtr(new ValuesOperator(context_, plan.vars, plan.value_rows));
    case PlanKind::kScan: return OperatorPtr(new ScanOperator(context_, plan));
    case PlanKind::kIndexJoin: return OperatorPtr(new IndexJoinOperator(context_, plan, child(0)));
    case PlanKind::kMergeJoin: return OperatorPtr(new MergeJoinOperator(context_, plan, child(0), child(1)));
    case PlanKind::kHashJoin: {
      QR_ASSIGN_OR_RETURN(auto conditions, BindConditions(plan.conditions, plan.vars));
      return OperatorPtr(new HashJoinOperator(context_, plan, child(0), child(1), std::move(conditions)));
    }
    case PlanKind::kPath: return OperatorPtr(new PathOperator(context_, plan, child(0)));
    case PlanKind::kUnion: return OperatorPtr(new UnionOperator(context_, plan.vars, std::move(children)));
    case PlanKind::kMinus: return OperatorPtr(new MinusOperator(context_, plan, child(0), child(1)));
    case PlanKind::kFilter: {
      QR_ASSIGN_OR_RETURN(auto conditions, BindConditions(plan.conditions, plan.vars));
      return OperatorPtr(new FilterOperator(context_, child(0), std::move(conditions)));
    }
    case PlanKind::kRestrict: return OperatorPtr(new RestrictOperator(context_, child(0), plan.restrictions));
    case PlanKind::kExtend: return BuildExtend(plan, child(0));
    case PlanKind::kGroup: return BuildGroup(plan, child(0));
    case PlanKind::kOrderBy: return BuildOrderBy(plan, child(0));
    case PlanKind::kProject: {
      auto project = std::make_unique<ProjectOperator>(context_, plan.vars, child(0));
      if (!plan.order.empty()) project->AllowSkips();
      return OperatorPtr(std::move(project));
    }
    case PlanKind::kDistinct: return OperatorPtr(new DistinctOperator(context_, child(0)));
    case PlanKind::kReduced: return OperatorPtr(new ReducedOperator(context_, child(0)));
    case PlanKind::kSlice: return OperatorPtr(new SliceOperator(context_, child(0), plan.offset, plan.limit));
    case PlanKind::kGraphLoop: return OperatorPtr(new GraphLoopOperator(this, plan));
  }
  return Internal("unknown plan kind");
}

}  // namespace quadraft::sparql
