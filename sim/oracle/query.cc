// The query forms (SPARQL 1.1 Query, section 16), datasets (section 13), and judging answers.
#include <algorithm>
#include <map>
#include <set>

#include "core/rdf/isomorphism.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/terms.h"

namespace quadraft::sim::oracle {

using rdf::Term;
using sparql::Pattern;
using sparql::PatternKind;
using sparql::Query;
using sparql::Var;

Dataset Restricted(const Dataset& data, const sparql::Dataset& clauses) {
  if (!clauses.set) return data;
  Dataset out;
  Graph merged;
  for (const Term& name : clauses.default_graphs) {
    const Graph& graph = data.graph(name);
    merged.insert(graph.begin(), graph.end());
  }
  out.Replace(Term::DefaultGraph(), std::move(merged));
  for (const Term& name : clauses.named_graphs) out.Replace(name, data.graph(name));
  return out;
}

namespace {

std::optional<Term> TermOf(const sparql::VarOrTerm& slot, const Solution& row) {
  if (const auto* term = std::get_if<Term>(&slot)) return *term;
  const Term* bound = row[std::get<Var>(slot).index];
  return bound == nullptr ? std::nullopt : std::optional<Term>(*bound);
}

std::vector<Row> Projected(const Query& query, const Solutions& solutions) {
  std::vector<Row> rows;
  for (const Solution& solution : solutions) {
    Row row;
    for (const Var variable : query.projection) row.push_back(TermOf(variable, solution));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Text(const Row& row) {
  std::string text = "(";
  for (const auto& term : row) {
    StrAppend(&text, text.size() > 1 ? " " : "");
    if (!term) {
      text += "UNDEF";
    } else if (term->is_iri()) {
      StrAppend(&text, "<", term->value, ">");
    } else if (term->is_blank()) {
      StrAppend(&text, "_:", term->value);
    } else {
      StrAppend(&text, "\"", term->value, "\"", term->language.empty() ? "" : "@", term->language,
                term->datatype.empty() ? "" : "^^", term->datatype);
    }
  }
  return text + ")";
}

bool SameRow(const Row& a, const Row& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].has_value() != b[i].has_value()) return false;
    if (a[i] && !SameValue(*a[i], *b[i])) return false;
  }
  return a.size() == b.size();
}

// Takes the rows of `part` out of `all` one by one; the first that is not there, or null.
const Row* FirstNotIn(const std::vector<Row>& part, std::vector<Row> all) {
  std::multiset<Row> exact(all.begin(), all.end());
  std::vector<const Row*> others;
  for (const Row& row : part) {
    const auto found = exact.find(row);
    if (found == exact.end()) {
      others.push_back(&row);
    } else {
      exact.erase(found);
    }
  }
  for (const Row* row : others) {  // Of another spelling, or wrong.
    const auto found =
        std::find_if(exact.begin(), exact.end(), [&](const Row& r) { return SameRow(r, *row); });
    if (found == exact.end()) return row;
    exact.erase(found);
  }
  return nullptr;
}

// The pattern below the outermost LIMIT and OFFSET, and below what keeps its order.
const Pattern* BelowSlice(const Pattern& root) {
  return root.kind == PatternKind::kSlice ? root.children[0].get() : &root;
}
const Pattern* FindOrder(const Pattern* pattern) {
  while (pattern->kind == PatternKind::kProject || pattern->kind == PatternKind::kDistinct ||
         pattern->kind == PatternKind::kReduced) {
    pattern = pattern->children[0].get();
  }
  return pattern->kind == PatternKind::kOrderBy ? pattern : nullptr;
}

void CollectVariables(const sparql::Expression& e, std::set<Var>* out) {
  if (e.kind == sparql::ExpressionKind::kVariable) out->insert(e.variable);
  for (const auto& arg : e.args) CollectVariables(*arg, out);
}

Judgement Wrong(std::string why) { return {Judgement::kWrong, std::move(why)}; }

// The keys of the answered rows are those of the expected ones, place by place. Only when the rows
// show everything that the keys are made of.
Judgement JudgeOrder(const Query& query, const Pattern& order, Evaluator* evaluator,
                     const std::vector<Row>& answer, const Solutions& expected, size_t offset) {
  std::set<Var> used;
  for (const auto& key : order.order) CollectVariables(*key.expression, &used);
  for (const Var variable : used) {
    if (std::find(query.projection.begin(), query.projection.end(), variable) ==
        query.projection.end())
      return {};
  }
  for (size_t i = 0; i < answer.size(); ++i) {
    Solution row(query.variables.size(), nullptr);
    for (size_t c = 0; c < query.projection.size(); ++c) {
      if (answer[i][c]) row[query.projection[c].index] = &*answer[i][c];
    }
    if (evaluator->CompareByKeys(order.order, row, expected[offset + i]) != 0) {
      Row wanted;
      for (const Var variable : query.projection) {
        const rdf::Term* const term = expected[offset + i][variable.index];
        wanted.push_back(term == nullptr ? std::nullopt : std::optional<rdf::Term>(*term));
      }
      return Wrong(StrCat("row ", i + 1, " is ", Text(answer[i]),
                          ", out of order: it should be like ", Text(wanted)));
    }
  }
  return {};
}

Judgement JudgeRows(const Query& query, const Dataset& data, const Answer& answer,
                    size_t steps_max) {
  const Pattern& root = *query.pattern;
  const Pattern* unsliced = BelowSlice(root);
  Evaluator evaluator(data, query.variables.size(), steps_max);
  const Solutions solutions = evaluator.Evaluate(*unsliced);
  if (!evaluator.beyond().empty()) return {Judgement::kBeyond, evaluator.beyond()};
  const std::vector<Row> all = Projected(query, solutions);
  size_t offset = 0, count = all.size();
  if (&root != unsliced) {
    offset = std::min<size_t>(root.offset, all.size());
    count = std::min<size_t>(root.limit.value_or(all.size()), all.size() - offset);
  }
  const bool reduced = unsliced->kind == PatternKind::kReduced;
  if (answer.rows.size() != count && !reduced) {
    std::string why = StrCat(answer.rows.size(), " rows, expected ", count);
    if (const Row* extra = FirstNotIn(answer.rows, all))
      StrAppend(&why, "; not among them: ", Text(*extra));
    if (const Row* missing = FirstNotIn(all, answer.rows))
      StrAppend(&why, "; missing: ", Text(*missing));
    return Wrong(why);
  }
  if (const Row* extra = FirstNotIn(answer.rows, all))
    return Wrong(StrCat("the row ", Text(*extra), " is wrong"));
  const Pattern* order = FindOrder(unsliced);
  if (order == nullptr || reduced) return {};
  return JudgeOrder(query, *order, &evaluator, answer.rows, solutions, offset);
}

std::vector<rdf::Quad> Constructed(const Query& query, const Solutions& solutions) {
  std::set<rdf::Quad> quads;
  uint64_t number = 0;
  for (const Solution& row : solutions) {
    ++number;
    for (const sparql::QuadTemplate& tmpl : query.construct) {
      auto s = TermOf(tmpl.subject, row), p = TermOf(tmpl.predicate, row),
           o = TermOf(tmpl.object, row);
      if (!s || !p || !o || s->is_literal() || !p->is_iri()) continue;
      // A template's blank node is another one for each solution.
      if (std::holds_alternative<Term>(tmpl.subject) && s->is_blank())
        s->value = StrCat("c", number, s->value);
      if (std::holds_alternative<Term>(tmpl.object) && o->is_blank())
        o->value = StrCat("c", number, o->value);
      quads.insert({*s, *p, *o, Term::DefaultGraph()});
    }
  }
  return {quads.begin(), quads.end()};
}

}  // namespace

StatusOr<Answer> Evaluate(const Query& query, const Dataset& data, size_t steps_max) {
  if (query.pattern == nullptr || query.form == sparql::QueryForm::kDescribe)
    return Unimplemented("DESCRIBE");
  const Dataset restricted = Restricted(data, query.dataset);
  Evaluator evaluator(restricted, query.variables.size(), steps_max);
  const Solutions solutions = evaluator.Evaluate(*query.pattern);
  if (!evaluator.beyond().empty()) return Unimplemented(evaluator.beyond());
  Answer answer;
  if (query.form == sparql::QueryForm::kAsk) answer.boolean = !solutions.empty();
  if (query.form == sparql::QueryForm::kConstruct) answer.quads = Constructed(query, solutions);
  if (query.form == sparql::QueryForm::kSelect) {
    for (const Var variable : query.projection)
      answer.columns.push_back(query.variables[variable.index]);
    answer.rows = Projected(query, solutions);
  }
  return answer;
}

Judgement JudgeAnswer(const Query& query, const Dataset& data, const Answer& answer,
                      size_t steps_max) {
  if (query.form == sparql::QueryForm::kAsk) {
    const StatusOr<Answer> expected = Evaluate(query, data, steps_max);
    if (!expected.ok()) return {Judgement::kBeyond, Message(expected.status())};
    if (answer.boolean == expected->boolean) return {};
    return Wrong(*expected->boolean ? "ASK must be true" : "ASK must be false");
  }
  if (query.form != sparql::QueryForm::kSelect) return {Judgement::kBeyond, "not SELECT or ASK"};
  std::vector<std::string> columns;
  for (const Var variable : query.projection) columns.push_back(query.variables[variable.index]);
  if (answer.boolean || answer.columns != columns)
    return Wrong("the columns are not the projection's");
  if (!query.dataset.set) return JudgeRows(query, data, answer, steps_max);
  Dataset restricted = Restricted(data, query.dataset);
  const Judgement judged = JudgeRows(query, restricted, answer, steps_max);
  if (judged.verdict != Judgement::kWrong) return judged;
  // A store that keeps no empty graphs may count a named one that holds nothing or not.
  for (const Term& name : query.dataset.named_graphs) restricted.Declare(name);
  const Judgement with_empty = JudgeRows(query, restricted, answer, steps_max);
  return with_empty.verdict == Judgement::kWrong ? judged : with_empty;
}

bool SameData(const Dataset& a, const Dataset& b) {
  return a == b || (a.size() == b.size() && rdf::Isomorphic(a.Quads(), b.Quads()));
}

}  // namespace quadraft::sim::oracle
