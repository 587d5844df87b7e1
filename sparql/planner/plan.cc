#include "sparql/planner/plan.h"

#include <algorithm>

namespace quadraft::sparql {

namespace {

std::string_view KindName(const Plan& plan) {
  switch (plan.kind) {
    case PlanKind::kUnit: return "unit";
    case PlanKind::kEmpty: return "empty";
    case PlanKind::kScan: return "scan";
    case PlanKind::kIndexJoin: return plan.optional ? "index left join" : "index join";
    case PlanKind::kMergeJoin: return "merge join";
    case PlanKind::kHashJoin: return plan.optional ? "hash left join" : "hash join";
    case PlanKind::kPath: return "path";
    case PlanKind::kUnion: return "union";
    case PlanKind::kMinus: return "minus";
    case PlanKind::kFilter: return "filter";
    case PlanKind::kRestrict: return "restrict";
    case PlanKind::kExtend: return "extend";
    case PlanKind::kValues: return "values";
    case PlanKind::kGroup: return "group";
    case PlanKind::kOrderBy: return plan.limit ? "top" : "order by";
    case PlanKind::kProject: return "project";
    case PlanKind::kDistinct: return "distinct";
    case PlanKind::kReduced: return "reduced";
    case PlanKind::kSlice: return "slice";
    case PlanKind::kGraphLoop: return "graph loop";
  }
  return "?";
}

std::string_view PermutationName(store::Permutation permutation) {
  constexpr std::string_view kNames[] = {"SPOG", "POSG", "OSPG", "GSPO", "GPOS", "GOSP"};
  return kNames[static_cast<size_t>(permutation)];
}

std::string VarName(Var var, const std::vector<std::string>& variables) {
  return var.index < variables.size() ? StrCat("?", variables[var.index]) : StrCat("?.", var.index);
}

void AppendVars(const std::vector<Var>& vars, const std::vector<std::string>& variables, std::string* out) {
  for (size_t i = 0; i < vars.size(); ++i) StrAppend(out, i == 0 ? "" : " ", VarName(vars[i], variables));
}

void AppendQuad(const QuadPattern& quad, const std::vector<std::string>& variables, std::string* out) {
  *out += " {";
  for (const QuadSlot& slot : quad.slots) {
    if (slot.id != kNoTerm) {
      StrAppend(out, " #", slot.id);
    } else {
      StrAppend(out, " ", slot.var ? VarName(*slot.var, variables) : std::string("*"));
    }
  }
  *out += quad.merge_graphs ? " merged }" : " }";
}

void Print(const Plan& plan, const std::vector<std::string>& variables, int depth, std::string* out) {
  out->append(static_cast<size_t>(depth) * 2, ' ');
  StrAppend(out, KindName(plan), " [");
  AppendVars(plan.vars, variables, out);
  *out += "]";
  if (plan.kind == PlanKind::kScan) StrAppend(out, " ", PermutationName(plan.permutation));
  if (plan.kind == PlanKind::kScan || plan.kind == PlanKind::kIndexJoin || plan.kind == PlanKind::kPath) {
    AppendQuad(plan.quad, variables, out);
  }
  if (!plan.order.empty()) {
    *out += " ordered by ";
    AppendVars(plan.order, variables, out);
  }
  if (!plan.conditions.empty()) StrAppend(out, " conditions ", plan.conditions.size());
  if (plan.offset != 0) StrAppend(out, " offset ", plan.offset);
  if (plan.limit) StrAppend(out, " limit ", *plan.limit);
  StrAppend(out, " rows~", static_cast<uint64_t>(plan.rows), " cost~", static_cast<uint64_t>(plan.cost), "\n");
  for (const PlanPtr& child : plan.children) Print(*child, variables, depth + 1, out);
}

}  // namespace

bool Plan::Has(Var var) const { return std::find(vars.begin(), vars.end(), var) != vars.end(); }
bool Plan::IsCertain(Var var) const {
  return std::find(certain.begin(), certain.end(), var) != certain.end();
}

std::string PrintPlan(const Plan& plan, const std::vector<std::string>& variables) {
  std::string out;
  Print(plan, variables, 0, &out);
  return out;
}

}  // namespace quadraft::sparql
