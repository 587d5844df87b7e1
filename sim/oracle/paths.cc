// Property paths (SPARQL 1.1 Query, sections 9 and 18.4).
#include <set>
#include <utility>

#include "sim/oracle/evaluator.h"

namespace quadraft::sim::oracle {
namespace {

using sparql::Path;
using sparql::PathKind;

struct ByTerm {
  bool operator()(const rdf::Term* a, const rdf::Term* b) const { return *a < *b; }
};
using TermSet = std::set<const rdf::Term*, ByTerm>;

bool Among(const rdf::Term& term, const std::vector<rdf::Term>& terms) {
  for (const rdf::Term& each : terms) {
    if (each == term) return true;
  }
  return false;
}

bool IsNode(const rdf::Term& term, const Graph& graph) {
  for (const Triple& triple : graph) {
    if (triple.subject == term || triple.object == term) return true;
  }
  return false;
}

}  // namespace

// ALP of section 18.4: every term that any number of steps of the path leads to, each once.
Evaluator::Terms Evaluator::Closure(const Path& path, const rdf::Term* start, bool reversed,
                                    const Graph& graph, bool with_start) {
  const rdf::Term* const goal = std::exchange(goal_, nullptr);  // ALP asks for any end.
  TermSet visited;
  Terms waiting;
  if (with_start) {
    waiting.push_back(start);
  } else {
    waiting = From(path, start, reversed, graph);
  }
  Terms out;
  while (!waiting.empty()) {
    const rdf::Term* term = waiting.back();
    waiting.pop_back();
    if (!visited.insert(term).second) continue;
    out.push_back(term);
    for (const rdf::Term* next : From(path, term, reversed, graph)) waiting.push_back(next);
  }
  goal_ = goal;
  return out;
}

// A join: between two steps stands a variable, which ranges over the nodes of the graph.
Evaluator::Terms Evaluator::Sequence(const Path& path, const rdf::Term* start, bool reversed,
                                     const Graph& graph) {
  const rdf::Term* const goal = std::exchange(goal_, nullptr);
  Terms out = {start};
  for (size_t i = 0; i < path.args.size(); ++i) {
    const bool last = i + 1 == path.args.size();
    const Path& step = *path.args[reversed ? path.args.size() - 1 - i : i];
    goal_ = last ? goal : nullptr;
    Terms next;
    for (const rdf::Term* term : out) {
      const bool at_goal = last && goal != nullptr && *goal == *term;
      if (i > 0 && !at_goal && !IsNode(*term, graph)) continue;
      for (const rdf::Term* end : From(step, term, reversed, graph)) next.push_back(end);
    }
    out = std::move(next);
  }
  goal_ = goal;
  return out;
}

// The ends of the path from `start`, as often as it leads there; `reversed`: the starts of the
// paths that end in `start`.
Evaluator::Terms Evaluator::From(const Path& path, const rdf::Term* start, bool reversed,
                                 const Graph& graph) {
  Terms out;
  switch (path.kind) {
    case PathKind::kLink:
      for (const Triple& triple : graph) {
        if (!Step()) return {};
        const rdf::Term& here = reversed ? triple.object : triple.subject;
        if (triple.predicate == path.iri && here == *start) {
          out.push_back(reversed ? &triple.subject : &triple.object);
        }
      }
      return out;
    case PathKind::kInverse:
      return From(*path.args[0], start, !reversed, graph);
    case PathKind::kSequence:
      return Sequence(path, start, reversed, graph);
    case PathKind::kAlternative:
      for (const auto& arg : path.args) {
        for (const rdf::Term* end : From(*arg, start, reversed, graph)) out.push_back(end);
      }
      return out;
    case PathKind::kZeroOrOne: {
      TermSet ends = {start};
      for (const rdf::Term* end : From(*path.args[0], start, reversed, graph)) ends.insert(end);
      return Terms(ends.begin(), ends.end());
    }
    case PathKind::kZeroOrMore:
    case PathKind::kOneOrMore:
      return Closure(*path.args[0], start, reversed, graph, path.kind == PathKind::kZeroOrMore);
    case PathKind::kNegatedSet:
      for (const Triple& triple : graph) {
        if (!Step()) return {};
        const bool forward = !path.negated.empty() || path.negated_inverse.empty();
        const rdf::Term& here = reversed ? triple.object : triple.subject;
        const rdf::Term& there = reversed ? triple.subject : triple.object;
        if (forward && here == *start && !Among(triple.predicate, path.negated))
          out.push_back(&there);
        if (!path.negated_inverse.empty() && there == *start &&
            !Among(triple.predicate, path.negated_inverse)) {
          out.push_back(&here);
        }
      }
      return out;
  }
  return out;
}

// A constant may be at either end of a path of no steps, in the graph or not; a variable ranges
// over the graph's nodes.
void Evaluator::MatchPath(const sparql::TriplePattern& triple, const Context& context,
                          Solutions* out) {
  const Solution row = Empty();
  const rdf::Term* subject = Resolve(triple.subject, row, context);
  const rdf::Term* object = Resolve(triple.object, row, context);
  const auto add = [&](const rdf::Term* from, const rdf::Term* to) {
    Solution extended = row;
    if (Match(triple.subject, *from, &extended, context) &&
        Match(triple.object, *to, &extended, context)) {
      out->push_back(std::move(extended));
    }
  };
  goal_ = subject != nullptr ? object : nullptr;
  if (subject != nullptr) {
    for (const rdf::Term* end : From(*triple.path, subject, false, *context.graph))
      add(subject, end);
  } else if (object != nullptr) {
    for (const rdf::Term* start : From(*triple.path, object, true, *context.graph))
      add(start, object);
  } else {
    TermSet nodes;  // nodes(G): every subject and object.
    for (const Triple& each : *context.graph) {
      nodes.insert(&each.subject);
      nodes.insert(&each.object);
    }
    for (const rdf::Term* start : nodes) {
      for (const rdf::Term* end : From(*triple.path, start, false, *context.graph)) add(start, end);
    }
  }
}

}  // namespace quadraft::sim::oracle
