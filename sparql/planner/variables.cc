#include "sparql/planner/variables.h"

#include <algorithm>
#include <iterator>

#include "sparql/functions/registry.h"

namespace quadraft::sparql {

namespace {

void AddVar(const VarOrTerm& slot, VarSet* out) {
  if (const Var* var = std::get_if<Var>(&slot)) out->push_back(*var);
}

VarSet TripleVars(const Pattern& pattern) {
  VarSet out;
  for (const TriplePattern& triple : pattern.triples) {
    AddVar(triple.subject, &out);
    if (triple.path == nullptr) AddVar(triple.predicate, &out);
    AddVar(triple.object, &out);
  }
  return MakeSet(std::move(out));
}

VarSet GroupVars(const Pattern& pattern) {
  VarSet out = pattern.group_keys;
  for (const auto& [var, aggregate] : pattern.aggregates) out.push_back(var);
  return MakeSet(std::move(out));
}

VarSet CertainValues(const Pattern& pattern) {
  VarSet out;
  for (size_t i = 0; i < pattern.value_variables.size(); ++i) {
    const bool bound = std::all_of(pattern.value_rows.begin(), pattern.value_rows.end(),
                                   [i](const auto& row) { return row[i].has_value(); });
    if (bound) out.push_back(pattern.value_variables[i]);
  }
  return MakeSet(std::move(out));
}

void AddMentioned(const Expression& expression, VarSet* out) {
  if (expression.kind == ExpressionKind::kVariable) out->push_back(expression.variable);
  for (const auto& arg : expression.args) AddMentioned(*arg, out);
  if (expression.pattern != nullptr) {
    const VarSet inside = Mentioned(*expression.pattern);
    out->insert(out->end(), inside.begin(), inside.end());
  }
}

template <typename Predicate>
bool AnyNode(const Expression& expression, Predicate predicate) {
  if (predicate(expression)) return true;
  for (const auto& arg : expression.args) {
    if (AnyNode(*arg, predicate)) return true;
  }
  return false;
}

}  // namespace

VarSet MakeSet(std::vector<Var> vars) {
  std::sort(vars.begin(), vars.end());
  vars.erase(std::unique(vars.begin(), vars.end()), vars.end());
  return vars;
}

bool Contains(const VarSet& set, Var var) { return std::binary_search(set.begin(), set.end(), var); }
bool IsSubset(const VarSet& part, const VarSet& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}
VarSet Union(const VarSet& a, const VarSet& b) {
  VarSet out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}
VarSet Intersection(const VarSet& a, const VarSet& b) {
  VarSet out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

VarSet InScope(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::kBasic: return TripleVars(pattern);
    case PatternKind::kJoin:
    case PatternKind::kLeftJoin:
    case PatternKind::kUnion: {
      VarSet out;
      for (const auto& child : pattern.children) out = Union(out, InScope(*child));
      return out;
    }
    case PatternKind::kExtend: return Union(InScope(*pattern.children[0]), {pattern.variable});
    case PatternKind::kService:
    case PatternKind::kGraph: {
      VarSet out = InScope(*pattern.children[0]);
      AddVar(pattern.graph, &out);
      return MakeSet(std::move(out));
    }
    case PatternKind::kValues: return MakeSet(pattern.value_variables);
    case PatternKind::kGroup: return GroupVars(pattern);
    case PatternKind::kProject: return MakeSet(pattern.variables);
    default: return InScope(*pattern.children[0]);
  }
}

VarSet Certain(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::kBasic: return TripleVars(pattern);
    case PatternKind::kJoin: return Union(Certain(*pattern.children[0]), Certain(*pattern.children[1]));
    case PatternKind::kUnion: {
      VarSet out = Certain(*pattern.children[0]);
      for (size_t i = 1; i < pattern.children.size(); ++i) {
        out = Intersection(out, Certain(*pattern.children[i]));
      }
      return out;
    }
    case PatternKind::kGraph: {
      VarSet out = Certain(*pattern.children[0]);
      AddVar(pattern.graph, &out);
      return MakeSet(std::move(out));
    }
    case PatternKind::kService: return {};
    case PatternKind::kValues: return CertainValues(pattern);
    case PatternKind::kGroup: return Intersection(Certain(*pattern.children[0]), MakeSet(pattern.group_keys));
    case PatternKind::kProject: return Intersection(Certain(*pattern.children[0]), MakeSet(pattern.variables));
    default: return Certain(*pattern.children[0]);  // Left joins, minus, filters, extensions, modifiers.
  }
}

VarSet VariablesOf(const Expression& expression) {
  VarSet out;
  AddMentioned(expression, &out);
  return MakeSet(std::move(out));
}

VarSet Mentioned(const Pattern& pattern) {
  VarSet out = TripleVars(pattern);
  for (const auto& child : pattern.children) {
    const VarSet inside = Mentioned(*child);
    out.insert(out.end(), inside.begin(), inside.end());
  }
  if (pattern.condition != nullptr) AddMentioned(*pattern.condition, &out);
  if (pattern.kind == PatternKind::kExtend) out.push_back(pattern.variable);
  if (pattern.kind == PatternKind::kGraph || pattern.kind == PatternKind::kService) AddVar(pattern.graph, &out);
  out.insert(out.end(), pattern.variables.begin(), pattern.variables.end());
  out.insert(out.end(), pattern.value_variables.begin(), pattern.value_variables.end());
  out.insert(out.end(), pattern.group_keys.begin(), pattern.group_keys.end());
  for (const auto& [var, aggregate] : pattern.aggregates) {
    out.push_back(var);
    AddMentioned(*aggregate, &out);
  }
  for (const OrderKey& key : pattern.order) AddMentioned(*key.expression, &out);
  return MakeSet(std::move(out));
}

bool HasExists(const Expression& expression) {
  return AnyNode(expression, [](const Expression& node) {
    return node.kind == ExpressionKind::kExists || node.kind == ExpressionKind::kNotExists;
  });
}

bool IsDeterministic(const Expression& expression) {
  return !AnyNode(expression, [](const Expression& node) {
    if (node.kind != ExpressionKind::kFunction) return false;
    const FunctionRow* row = FindFunction(node.function);
    return row != nullptr && !row->deterministic;
  });
}

}  // namespace quadraft::sparql
