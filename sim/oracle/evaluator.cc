#include "sim/oracle/evaluator.h"

#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "sim/oracle/terms.h"

namespace quadraft::sim::oracle {
namespace {

using sparql::Pattern;
using sparql::PatternKind;
using sparql::Var;
using sparql::VarOrTerm;

bool Same(const rdf::Term* a, const rdf::Term* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// Section 18.3: compatible mappings agree on every variable that both bind.
bool Compatible(const Solution& a, const Solution& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != nullptr && b[i] != nullptr && !Same(a[i], b[i])) return false;
  }
  return true;
}

bool ShareVariable(const Solution& a, const Solution& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != nullptr && b[i] != nullptr) return true;
  }
  return false;
}

Solution Merge(Solution a, const Solution& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == nullptr) a[i] = b[i];
  }
  return a;
}

struct BySolution {
  bool operator()(const Solution& a, const Solution& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] == b[i]) continue;
      if (a[i] == nullptr || b[i] == nullptr) return a[i] == nullptr;
      if (const auto order = *a[i] <=> *b[i]; order != 0) return order < 0;
    }
    return false;
  }
};

Solutions WithoutDuplicates(const Solutions& rows) {
  std::set<Solution, BySolution> seen;
  Solutions out;
  for (const Solution& row : rows) {
    if (seen.insert(row).second) out.push_back(row);
  }
  return out;
}

}  // namespace

bool Evaluator::Step() {
  if (steps_left_ == 0) {
    Beyond("more steps than the oracle takes");
    return false;
  }
  --steps_left_;
  return true;
}

Solutions Evaluator::Evaluate(const Pattern& pattern) {
  static const rdf::Term& default_graph = *new rdf::Term;
  return Eval(pattern, {&data_.graph(default_graph), &default_graph, nullptr});
}

Solutions Evaluator::Eval(const Pattern& pattern, const Context& context) {
  if (!beyond_.empty()) return {};
  const auto child = [&](size_t i) { return Eval(*pattern.children[i], context); };
  switch (pattern.kind) {
    case PatternKind::kBasic:
      return Basic(pattern, context);
    case PatternKind::kJoin:
      return Join(child(0), child(1));
    case PatternKind::kLeftJoin:
      return LeftJoin(pattern, context);
    case PatternKind::kUnion: {
      Solutions out;
      for (size_t i = 0; i < pattern.children.size(); ++i) {
        for (Solution& row : child(i)) out.push_back(std::move(row));
      }
      return out;
    }
    case PatternKind::kMinus:
      return Minus(child(0), child(1));
    case PatternKind::kFilter:
      return Filter(pattern, context);
    case PatternKind::kExtend:
      return Extend(pattern, context);
    case PatternKind::kGraph:
      return GraphPattern(pattern, context);
    case PatternKind::kValues:
      return Values(pattern, context);
    case PatternKind::kGroup:
      return Group(pattern, context);
    case PatternKind::kOrderBy:
      return Ordered(pattern, context);
    case PatternKind::kProject:
      return Project(pattern, child(0));
    case PatternKind::kDistinct:
      return WithoutDuplicates(child(0));
    case PatternKind::kReduced:
      return child(0);  // May, need not.
    case PatternKind::kSlice: {
      Solutions rows = child(0);
      rows.erase(rows.begin(),
                 rows.begin() + static_cast<long>(std::min<size_t>(pattern.offset, rows.size())));
      if (pattern.limit && rows.size() > *pattern.limit) rows.resize(*pattern.limit);
      return rows;
    }
    case PatternKind::kService:
      break;
  }
  Beyond("SERVICE");
  return {};
}

const rdf::Term* Evaluator::Resolve(const VarOrTerm& slot, const Solution& row,
                                    const Context& context) {
  if (const auto* term = std::get_if<rdf::Term>(&slot)) return term;
  const size_t index = std::get<Var>(slot).index;
  if (row[index] != nullptr) return row[index];
  return context.substitution == nullptr ? nullptr : (*context.substitution)[index];
}

bool Evaluator::Match(const VarOrTerm& slot, const rdf::Term& term, Solution* row,
                      const Context& context) {
  if (const rdf::Term* known = Resolve(slot, *row, context)) return *known == term;
  (*row)[std::get<Var>(slot).index] = &term;
  return true;
}

void Evaluator::MatchTriple(const sparql::TriplePattern& triple, const Solution& row,
                            const Context& context, Solutions* out) {
  const rdf::Term* const subject = Resolve(triple.subject, row, context);
  const rdf::Term* const predicate = Resolve(triple.predicate, row, context);
  const rdf::Term* const object = Resolve(triple.object, row, context);
  for (const Triple& candidate : *context.graph) {
    if (!Step()) return;
    if ((predicate != nullptr && *predicate != candidate.predicate) ||
        (subject != nullptr && *subject != candidate.subject) ||
        (object != nullptr && *object != candidate.object)) {
      continue;
    }
    Solution extended = row;  // One variable may stand in several places.
    if (Match(triple.subject, candidate.subject, &extended, context) &&
        Match(triple.predicate, candidate.predicate, &extended, context) &&
        Match(triple.object, candidate.object, &extended, context)) {
      out->push_back(std::move(extended));
    }
  }
}

// Section 18.3.1: the mappings that make every triple of the pattern one of the graph's. Blank
// nodes of the pattern are variables already.
Solutions Evaluator::Basic(const Pattern& pattern, const Context& context) {
  Solutions out = {Empty()};
  for (const sparql::TriplePattern& triple : pattern.triples) {
    Solutions next;
    if (triple.path != nullptr) {  // A pattern of its own, joined (section 18.2.2.4).
      MatchPath(triple, context, &next);
      next = Join(out, next);
    } else {
      for (const Solution& row : out) MatchTriple(triple, row, context, &next);
    }
    out = std::move(next);
  }
  return out;
}

Solutions Evaluator::Join(const Solutions& left, const Solutions& right) {
  Solutions out;
  for (const Solution& a : left) {
    for (const Solution& b : right) {
      if (!Step()) return {};
      if (Compatible(a, b)) out.push_back(Merge(a, b));
    }
  }
  return out;
}

Solutions Evaluator::LeftJoin(const Pattern& pattern, const Context& context) {
  Solutions out;
  const Solutions left = Eval(*pattern.children[0], context);
  const Solutions right = Eval(*pattern.children[1], context);
  for (const Solution& a : left) {
    bool matched = false;
    for (const Solution& b : right) {
      if (!Step()) return {};
      if (!Compatible(a, b)) continue;
      Solution merged = Merge(a, b);
      if (pattern.condition != nullptr && Holds(*pattern.condition, merged, context) != true)
        continue;
      matched = true;
      out.push_back(std::move(merged));
    }
    if (!matched) out.push_back(a);
  }
  return out;
}

Solutions Evaluator::Minus(const Solutions& left, const Solutions& right) {
  Solutions out;
  for (const Solution& a : left) {
    bool removed = false;
    for (const Solution& b : right) {
      if (!Step()) return {};
      removed = removed || (Compatible(a, b) && ShareVariable(a, b));
    }
    if (!removed) out.push_back(a);
  }
  return out;
}

Solutions Evaluator::Filter(const Pattern& pattern, const Context& context) {
  Solutions out;
  for (Solution& row : Eval(*pattern.children[0], context)) {
    if (Holds(*pattern.condition, row, context) == true) out.push_back(std::move(row));
  }
  return out;
}

Solutions Evaluator::Extend(const Pattern& pattern, const Context& context) {
  Solutions out;
  for (Solution& row : Eval(*pattern.children[0], context)) {
    auto value = Value(*pattern.condition, row, context);
    if (value) row[pattern.variable.index] = Keep(*std::move(value));
    out.push_back(std::move(row));
  }
  return out;
}

Solutions Evaluator::GraphPattern(const Pattern& pattern, const Context& context) {
  const rdf::Term* name = Resolve(pattern.graph, Empty(), context);
  if (name != nullptr) {
    if (name->is_default_graph() || !data_.Has(*name)) return {};
    return Eval(*pattern.children[0], {&data_.graph(*name), name, context.substitution});
  }
  Solutions out;
  for (const auto& [each, graph] : data_.graphs()) {
    if (each.is_default_graph()) continue;
    Solution named = Empty();
    named[std::get<Var>(pattern.graph).index] = &each;
    for (const Solution& row : Eval(*pattern.children[0], {&graph, &each, context.substitution})) {
      if (Compatible(row, named)) out.push_back(Merge(row, named));
    }
  }
  return out;
}

Solutions Evaluator::Values(const Pattern& pattern, const Context& context) {
  Solutions out;
  for (const auto& values : pattern.value_rows) {
    Solution row = Empty();
    bool fits = true;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i]) fits = fits && Match(pattern.value_variables[i], *values[i], &row, context);
    }
    if (fits) out.push_back(std::move(row));
  }
  return out;
}

Solutions Evaluator::Project(const Pattern& pattern, Solutions rows) {
  for (Solution& row : rows) {
    Solution kept = Empty();
    for (const Var variable : pattern.variables) kept[variable.index] = row[variable.index];
    row = std::move(kept);
  }
  return rows;
}

int Evaluator::CompareByKeys(const std::vector<sparql::OrderKey>& keys, const Solution& a,
                             const Solution& b) {
  static const rdf::Term& default_graph = *new rdf::Term;
  const Context context{&data_.graph(default_graph), &default_graph, nullptr};
  for (const sparql::OrderKey& key : keys) {
    const auto x = Value(*key.expression, a, context), y = Value(*key.expression, b, context);
    const int order = CompareForOrder(x ? &*x : nullptr, y ? &*y : nullptr);
    if (order != 0) return key.descending ? -order : order;
  }
  return 0;
}

Solutions Evaluator::Ordered(const Pattern& pattern, const Context& context) {
  const Solutions rows = Eval(*pattern.children[0], context);
  // Insertion, stable: std::sort wants a strict weak order, which section 15.1 does not promise.
  Solutions out;
  for (const Solution& row : rows) {
    size_t at = out.size();
    while (at > 0 && CompareByKeys(pattern.order, row, out[at - 1]) < 0) {
      if (!Step()) return {};
      --at;
    }
    out.insert(out.begin() + static_cast<long>(at), row);
  }
  return out;
}

}  // namespace quadraft::sim::oracle
