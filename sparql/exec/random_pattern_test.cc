// Random patterns over random quads, planned and run, against an evaluation of section 18.5's definitions word by word: slow,
// over maps, without indexes or order. Plans, permutations, every join and the handling of unbound variables meet here.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "sparql/exec/solutions.h"
#include "sparql/testing/memory_view.h"

namespace quadraft::sparql {
namespace {

using Solution = std::map<uint32_t, rdf::Term>;
using Multiset = std::vector<Solution>;

constexpr uint32_t kVars = 5;
constexpr uint32_t kGraphVar = 5;

bool Compatible(const Solution& a, const Solution& b) {
  for (const auto& [var, term] : a) {
    const auto found = b.find(var);
    if (found != b.end() && found->second != term) return false;
  }
  return true;
}
bool SharesVariable(const Solution& a, const Solution& b) {
  for (const auto& [var, term] : a) {
    if (b.contains(var)) return true;
  }
  return false;
}
Solution Merge(Solution a, const Solution& b) {
  a.insert(b.begin(), b.end());
  return a;
}

// The definitions.
class Reference {
 public:
  explicit Reference(const std::vector<rdf::Quad>& quads) : quads_(quads) {}

  // Over kRowsMax solutions on the way: what is returned means nothing.
  bool too_large() const { return too_large_; }

  Multiset Evaluate(const Pattern& pattern, const rdf::Term& graph) const {
    Multiset out = EvaluateAny(pattern, graph);
    too_large_ = too_large_ || out.size() > kRowsMax;
    if (too_large_) out.clear();
    return out;
  }

 private:
  static constexpr size_t kRowsMax = 2000;

  Multiset EvaluateAny(const Pattern& pattern, const rdf::Term& graph) const {
    switch (pattern.kind) {
      case PatternKind::kBasic: return Basic(pattern, graph);
      case PatternKind::kJoin: return Join(Evaluate(*pattern.children[0], graph), Evaluate(*pattern.children[1], graph));
      case PatternKind::kLeftJoin: return LeftJoin(pattern, graph);
      case PatternKind::kUnion: {
        Multiset out = Evaluate(*pattern.children[0], graph);
        for (Solution& solution : Evaluate(*pattern.children[1], graph)) out.push_back(std::move(solution));
        return out;
      }
      case PatternKind::kMinus: return Minus(Evaluate(*pattern.children[0], graph), Evaluate(*pattern.children[1], graph));
      case PatternKind::kFilter: {
        Multiset out;
        for (const Solution& solution : Evaluate(*pattern.children[0], graph)) {
          if (Holds(*pattern.condition, solution, graph)) out.push_back(solution);
        }
        return out;
      }
      case PatternKind::kGraph: return Graphs(pattern);
      default: ADD_FAILURE() << "not generated"; return {};
    }
  }

  static bool Bind(const VarOrTerm& slot, const rdf::Term& term, Solution* solution) {
    if (const rdf::Term* constant = std::get_if<rdf::Term>(&slot)) return *constant == term;
    return solution->emplace(std::get<Var>(slot).index, term).first->second == term;
  }

  Multiset Basic(const Pattern& pattern, const rdf::Term& graph) const {
    Multiset out = {{}};
    for (const TriplePattern& triple : pattern.triples) {
      Multiset next;
      for (const Solution& solution : out) {
        for (const rdf::Quad& quad : quads_) {
          Solution extended = solution;
          if (quad.graph == graph && Bind(triple.subject, quad.subject, &extended) &&
              Bind(triple.predicate, quad.predicate, &extended) && Bind(triple.object, quad.object, &extended)) {
            next.push_back(std::move(extended));
          }
        }
      }
      out = std::move(next);
    }
    return out;
  }

  static Multiset Join(const Multiset& left, const Multiset& right) {
    Multiset out;
    for (const Solution& a : left) {
      for (const Solution& b : right) {
        if (Compatible(a, b)) out.push_back(Merge(a, b));
      }
    }
    return out;
  }

  Multiset LeftJoin(const Pattern& pattern, const rdf::Term& graph) const {
    Multiset out;
    const Multiset right = Evaluate(*pattern.children[1], graph);
    for (const Solution& a : Evaluate(*pattern.children[0], graph)) {
      bool matched = false;
      for (const Solution& b : right) {
        if (!Compatible(a, b)) continue;
        Solution merged = Merge(a, b);
        if (pattern.condition != nullptr && !Holds(*pattern.condition, merged, graph)) continue;
        matched = true;
        out.push_back(std::move(merged));
      }
      if (!matched) out.push_back(a);
    }
    return out;
  }

  static Multiset Minus(const Multiset& left, const Multiset& right) {
    Multiset out;
    for (const Solution& a : left) {
      bool removed = false;
      for (const Solution& b : right) removed = removed || (Compatible(a, b) && SharesVariable(a, b));
      if (!removed) out.push_back(a);
    }
    return out;
  }

  Multiset Graphs(const Pattern& pattern) const {
    Multiset out;
    std::map<rdf::Term, bool> names;
    for (const rdf::Quad& quad : quads_) {
      if (!quad.graph.is_default_graph()) names[quad.graph] = true;
    }
    for (const auto& [name, unused] : names) {
      for (const Solution& solution : Evaluate(*pattern.children[0], name)) {
        Solution extended = solution;
        if (Bind(pattern.graph, name, &extended)) out.push_back(std::move(extended));
      }
    }
    return out;
  }

  // Of the generated kinds: BOUND, !BOUND, sameness of two variables, EXISTS. An error is false.
  bool Holds(const Expression& expression, const Solution& solution, const rdf::Term& graph) const {
    if (expression.kind == ExpressionKind::kFunction) return solution.contains(expression.args[0]->variable.index);
    if (expression.kind == ExpressionKind::kNot) return !Holds(*expression.args[0], solution, graph);
    if (expression.kind == ExpressionKind::kEqual) {
      const auto a = solution.find(expression.args[0]->variable.index);
      const auto b = solution.find(expression.args[1]->variable.index);
      return a != solution.end() && b != solution.end() && a->second == b->second;
    }
    // EXISTS of a basic graph pattern: substitution is compatibility.
    bool found = false;
    for (const Solution& inner : Evaluate(*expression.pattern, graph)) found = found || Compatible(solution, inner);
    return found == (expression.kind == ExpressionKind::kExists);
  }

  const std::vector<rdf::Quad>& quads_;
  mutable bool too_large_ = false;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed, "patterns") {}

  std::vector<rdf::Quad> Quads() {
    std::vector<rdf::Quad> quads;
    const uint64_t count = static_cast<uint64_t>(random_.OneIn(20) ? 0 : random_.Between(10, 60));
    for (uint64_t i = 0; i < count; ++i) {
      quads.push_back({Node(), Predicate(), random_.OneIn(4) ? rdf::Term::Literal(StrCat(random_.Below(3)), rdf::kXsdInteger) : Node(),
                       random_.OneIn(2) ? rdf::Term::DefaultGraph() : rdf::Term::Iri(StrCat("g:", random_.Below(2)))});
    }
    return quads;
  }

  std::unique_ptr<Pattern> Tree(int depth, bool in_graph) {
    auto pattern = std::make_unique<Pattern>();
    if (depth == 0 || random_.OneIn(4)) return Basic(random_.OneIn(12) ? 0 : 1 + random_.Below(2));
    constexpr PatternKind kKinds[] = {PatternKind::kJoin, PatternKind::kLeftJoin, PatternKind::kUnion,
                                      PatternKind::kMinus, PatternKind::kFilter, PatternKind::kGraph};
    pattern->kind = kKinds[random_.Below(in_graph ? 5 : 6)];
    const bool graph = pattern->kind == PatternKind::kGraph;
    pattern->children.push_back(Tree(depth - 1, in_graph || graph));
    if (pattern->kind != PatternKind::kFilter && !graph) pattern->children.push_back(Tree(depth - 1, in_graph));
    if (graph) {
      pattern->graph = random_.OneIn(3) ? VarOrTerm(rdf::Term::Iri("g:0"))
                                        : VarOrTerm(Var{random_.OneIn(3) ? static_cast<uint32_t>(random_.Below(kVars)) : kGraphVar});
    }
    if (pattern->kind == PatternKind::kFilter || (pattern->kind == PatternKind::kLeftJoin && random_.OneIn(3))) {
      pattern->condition = Condition();
    }
    return pattern;
  }

 private:
  rdf::Term Node() { return rdf::Term::Iri(StrCat("n:", random_.Below(4))); }
  rdf::Term Predicate() { return rdf::Term::Iri(StrCat("p:", random_.Below(2))); }
  Var AnyVar() { return Var{static_cast<uint32_t>(random_.Below(kVars))}; }

  std::unique_ptr<Pattern> Basic(uint64_t triples) {
    auto pattern = std::make_unique<Pattern>();
    pattern->kind = PatternKind::kBasic;
    for (uint64_t i = 0; i < triples; ++i) {
      TriplePattern triple;
      triple.subject = random_.OneIn(7) ? VarOrTerm(Node()) : VarOrTerm(AnyVar());
      triple.predicate = random_.OneIn(6) ? VarOrTerm(AnyVar()) : VarOrTerm(Predicate());
      triple.object = random_.OneIn(7) ? VarOrTerm(Node()) : VarOrTerm(AnyVar());
      pattern->triples.push_back(std::move(triple));
    }
    return pattern;
  }

  std::unique_ptr<Expression> Variable() {
    auto expression = std::make_unique<Expression>();
    expression->kind = ExpressionKind::kVariable;
    expression->variable = AnyVar();
    return expression;
  }

  std::unique_ptr<Expression> Condition() {
    auto expression = std::make_unique<Expression>();
    switch (random_.Below(4)) {
      case 0:
        expression->kind = ExpressionKind::kFunction;
        expression->function = "BOUND";
        expression->args.push_back(Variable());
        return expression;
      case 1: {
        auto negated = std::make_unique<Expression>();
        negated->kind = ExpressionKind::kNot;
        expression->kind = ExpressionKind::kFunction;
        expression->function = "BOUND";
        expression->args.push_back(Variable());
        negated->args.push_back(std::move(expression));
        return negated;
      }
      case 2:
        expression->kind = ExpressionKind::kEqual;
        expression->args.push_back(Variable());
        expression->args.push_back(Variable());
        return expression;
      default:
        expression->kind = random_.OneIn(2) ? ExpressionKind::kExists : ExpressionKind::kNotExists;
        expression->pattern = Basic(1 + random_.Below(2));
        return expression;
    }
  }

  Random random_;
};

std::map<std::string, int> Counted(const Multiset& solutions) {
  std::map<std::string, int> out;
  for (const Solution& solution : solutions) {
    std::string text;
    for (const auto& [var, term] : solution) StrAppend(&text, " ?", var, "=", term.value);
    ++out[text];
  }
  return out;
}

TEST(RandomPatternTest, AgreesWithTheDefinitions) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "g"};
  std::vector<Var> columns;
  for (uint32_t i = 0; i <= kGraphVar; ++i) columns.push_back(Var{i});
  size_t answers = 0;
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    Generator generator(seed);
    const auto quads = generator.Quads();
    const auto pattern = generator.Tree(3, false);
    const auto view = MemoryView::Of(quads);
    const Reference reference(view->Quads());
    const Multiset expected = reference.Evaluate(*pattern, rdf::Term::DefaultGraph());
    if (reference.too_large()) continue;
    QueryLimits limits;
    auto solutions = Solutions::Open(*pattern, names, Dataset{}, view, limits, columns);
    ASSERT_TRUE(solutions.ok()) << ToString(solutions.status());
    Multiset actual;
    Batch batch;
    while (true) {
      const auto rows = (*solutions)->Next(&batch);
      ASSERT_TRUE(rows.ok()) << ToString(rows.status());
      if (*rows == 0) break;
      for (size_t row = 0; row < *rows; ++row) {
        actual.emplace_back();
        for (uint32_t c = 0; c <= kGraphVar; ++c) {
          if (batch.columns[c][row] != kNoTerm) actual.back()[c] = *(*solutions)->Lookup(batch.columns[c][row]);
        }
      }
    }
    ASSERT_EQ(Counted(actual), Counted(expected)) << "seed " << seed << "\n" << (*solutions)->Explain();
    answers += expected.size();
  }
  EXPECT_GT(answers, 10'000u) << "the generator makes too many empty answers to show anything";
}

}  // namespace
}  // namespace quadraft::sparql
