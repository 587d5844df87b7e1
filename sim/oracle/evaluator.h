// SPARQL 1.1 Query, section 18.6, word for word: every operator of the algebra as a function from
// multisets of solutions to multisets of solutions, by nested loops over lists. Slow, and easy to
// hold against the text. It shares the parser (text to algebra, section 18.2) with the engine and
// nothing else.
//
//   Evaluator evaluator(dataset, query.variables.size());
//   const Solutions rows = evaluator.Evaluate(*query.pattern);
//   if (!evaluator.beyond().empty()) ...       // It cannot say, and why.
//
// Solutions hold pointers to terms of the dataset, of the query and of the evaluator: all must
// live.
#ifndef QUADRAFT_SIM_ORACLE_EVALUATOR_H_
#define QUADRAFT_SIM_ORACLE_EVALUATOR_H_

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/oracle/dataset.h"
#include "sparql/algebra/algebra.h"

namespace quadraft::sim::oracle {

using Solution = std::vector<const rdf::Term*>;  // By variable; null: unbound.
using Solutions = std::vector<Solution>;         // A multiset, or a list once ordered.

class Evaluator {
 public:
  static constexpr size_t kStepsMax = 20'000'000;  // Pairs looked at; more: beyond().

  Evaluator(const Dataset& data, size_t variables, size_t steps_max = kStepsMax)
      : data_(data), variables_(variables), steps_left_(steps_max) {}

  Solutions Evaluate(const sparql::Pattern& pattern);
  // Not empty: what was returned means nothing, and why (a function or a datatype that it does not
  // know, more steps than allowed).
  const std::string& beyond() const { return beyond_; }
  // -1, 0, 1 by section 15.1.
  int CompareByKeys(const std::vector<sparql::OrderKey>& keys, const Solution& a,
                    const Solution& b);

 private:
  // Where an operator is evaluated: the active graph, and what EXISTS substitutes (section 18.6,
  // substitute): variables bound there count as the terms they are bound to.
  struct Context {
    const Graph* graph;
    const rdf::Term* graph_name;
    const Solution* substitution;  // Null: none.
  };
  using Terms = std::vector<const rdf::Term*>;

  // evaluator.cc
  Solutions Eval(const sparql::Pattern& pattern, const Context& context);
  Solutions Basic(const sparql::Pattern& pattern, const Context& context);
  void MatchTriple(const sparql::TriplePattern& triple, const Solution& row, const Context& context,
                   Solutions* out);
  Solutions Join(const Solutions& left, const Solutions& right);
  Solutions LeftJoin(const sparql::Pattern& pattern, const Context& context);
  Solutions Minus(const Solutions& left, const Solutions& right);
  Solutions Filter(const sparql::Pattern& pattern, const Context& context);
  Solutions Extend(const sparql::Pattern& pattern, const Context& context);
  Solutions GraphPattern(const sparql::Pattern& pattern, const Context& context);
  Solutions Values(const sparql::Pattern& pattern, const Context& context);
  Solutions Project(const sparql::Pattern& pattern, Solutions rows);
  Solutions Ordered(const sparql::Pattern& pattern, const Context& context);
  Solution Empty() const { return Solution(variables_, nullptr); }
  bool Step();  // False: no more.
  void Beyond(std::string why) {
    if (beyond_.empty()) beyond_ = std::move(why);
  }
  const rdf::Term* Keep(rdf::Term term) { return &made_.emplace_back(std::move(term)); }
  // The term that a slot stands for, or null while it is an unbound variable.
  static const rdf::Term* Resolve(const sparql::VarOrTerm& slot, const Solution& row,
                                  const Context& context);
  static bool Match(const sparql::VarOrTerm& slot, const rdf::Term& term, Solution* row,
                    const Context& context);

  // paths.cc (section 18.4)
  void MatchPath(const sparql::TriplePattern& triple, const Context& context, Solutions* out);
  Terms From(const sparql::Path& path, const rdf::Term* start, bool reversed, const Graph& graph);
  Terms Sequence(const sparql::Path& path, const rdf::Term* start, bool reversed,
                 const Graph& graph);
  Terms Closure(const sparql::Path& path, const rdf::Term* start, bool reversed, const Graph& graph,
                bool with_start);

  // expressions.cc (section 17); nullopt: the type error.
  std::optional<rdf::Term> Value(const sparql::Expression& e, const Solution& row,
                                 const Context& context);
  std::optional<rdf::Term> Logical(const sparql::Expression& e, const Solution& row,
                                   const Context& context);
  std::optional<rdf::Term> Compared(const sparql::Expression& e, const Solution& row,
                                    const Context& context);
  std::optional<rdf::Term> In(const sparql::Expression& e, const Solution& row,
                              const Context& context);
  std::optional<rdf::Term> Arithmetic(const sparql::Expression& e, const Solution& row,
                                      const Context& context);
  std::optional<rdf::Term> Function(const sparql::Expression& e, const Solution& row,
                                    const Context& context);
  std::optional<bool> Holds(const sparql::Expression& e, const Solution& row,
                            const Context& context);

  // aggregates.cc (section 18.5.1)
  Solutions Group(const sparql::Pattern& pattern, const Context& context);
  std::optional<rdf::Term> Aggregate(const sparql::Expression& e, const Solutions& group,
                                     const Context& context);

  const Dataset& data_;
  const size_t variables_;
  size_t steps_left_;
  std::string beyond_;
  std::deque<rdf::Term> made_;
  const rdf::Term* goal_ = nullptr;  // The other end of the path under way, when it is a constant.
};

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_EVALUATOR_H_
