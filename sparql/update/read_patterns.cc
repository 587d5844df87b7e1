#include "sparql/update/read_patterns.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"

namespace quadraft::sparql {
namespace {

using Graphs = std::vector<std::optional<rdf::Term>>;  // nullopt: any graph.

std::optional<rdf::Term> TermOf(const VarOrTerm& position) {
  const auto* term = std::get_if<rdf::Term>(&position);
  return term != nullptr ? std::optional<rdf::Term>(*term) : std::nullopt;
}

bool SamePattern(const txn::ReadPattern& a, const txn::ReadPattern& b) {
  return a.subject == b.subject && a.predicate == b.predicate && a.object == b.object &&
         a.graph == b.graph;
}

// Whether the path may have length zero: then it links every node of the graph with itself.
bool MayBeEmpty(const Path& path) {
  switch (path.kind) {
    case PathKind::kZeroOrMore:
    case PathKind::kZeroOrOne:
      return true;
    case PathKind::kLink:
    case PathKind::kNegatedSet:
      return false;
    case PathKind::kAlternative:
      return std::any_of(path.args.begin(), path.args.end(),
                         [](const auto& arg) { return MayBeEmpty(*arg); });
    default:
      return std::all_of(path.args.begin(), path.args.end(),
                         [](const auto& arg) { return MayBeEmpty(*arg); });
  }
}

}  // namespace

class WhereReader {
 public:
  WhereReader(const Dataset& dataset, ReadPatterns* out) : dataset_(dataset), out_(out) {}

  Graphs DefaultGraphs() const {
    if (!dataset_.set) return {rdf::Term::DefaultGraph()};
    return Graphs(dataset_.default_graphs.begin(), dataset_.default_graphs.end());
  }

  void Read(const Pattern& pattern, const Graphs& active) {
    if (pattern.kind == PatternKind::kService) return;  // Reads elsewhere.
    if (pattern.kind == PatternKind::kGraph) return ReadGraph(pattern);
    for (const TriplePattern& triple : pattern.triples) ReadTriple(triple, active);
    for (const auto& child : pattern.children) {
      if (QR_MUTANT("optional-part-not-latched") && pattern.kind == PatternKind::kLeftJoin &&
          child != pattern.children.front()) {
        continue;
      }
      Read(*child, active);
    }
    if (pattern.condition != nullptr) Read(*pattern.condition, active);
    for (const auto& [variable, aggregate] : pattern.aggregates) Read(*aggregate, active);
    for (const OrderKey& key : pattern.order) Read(*key.expression, active);
  }

 private:
  void Read(const Expression& expression, const Graphs& active) {
    for (const auto& arg : expression.args) Read(*arg, active);
    if (expression.pattern != nullptr) Read(*expression.pattern, active);
  }

  void ReadGraph(const Pattern& pattern) {
    Graphs graphs;
    if (auto name = TermOf(pattern.graph)) {
      graphs = {std::move(name)};
    } else if (dataset_.set) {
      graphs.assign(dataset_.named_graphs.begin(), dataset_.named_graphs.end());
    } else {
      graphs = {std::nullopt};
    }
    // A child that reads nothing by itself still asks whether the graph is there.
    const Pattern& child = *pattern.children[0];
    if (child.kind != PatternKind::kBasic || child.triples.empty()) AddAnyOf(graphs);
    Read(child, graphs);
  }

  void ReadTriple(const TriplePattern& triple, const Graphs& active) {
    if (triple.path != nullptr) {
      const bool open =
          std::holds_alternative<Var>(triple.subject) && std::holds_alternative<Var>(triple.object);
      if (open && MayBeEmpty(*triple.path)) return AddAnyOf(active);
      return ReadPath(*triple.path, active);
    }
    for (const auto& graph : active) {
      out_->Add({TermOf(triple.subject), TermOf(triple.predicate), TermOf(triple.object), graph});
    }
  }

  void ReadPath(const Path& path, const Graphs& active) {
    if (path.kind == PathKind::kNegatedSet || MayBeEmpty(path)) return AddAnyOf(active);
    if (path.kind == PathKind::kLink) {
      for (const auto& graph : active) out_->Add({std::nullopt, path.iri, std::nullopt, graph});
    }
    for (const auto& arg : path.args) ReadPath(*arg, active);
  }

  void AddAnyOf(const Graphs& graphs) {
    for (const auto& graph : graphs) out_->Add({std::nullopt, std::nullopt, std::nullopt, graph});
  }

  const Dataset& dataset_;
  ReadPatterns* const out_;
};

void ReadPatterns::AddWhere(const Pattern& pattern, const Dataset& dataset) {
  WhereReader reader(dataset, this);
  reader.Read(pattern, reader.DefaultGraphs());
}

void ReadPatterns::AddGraph(const rdf::Term& graph) {
  Add({std::nullopt, std::nullopt, std::nullopt, graph});
}

void ReadPatterns::AddAll() { Add({}); }

void ReadPatterns::Add(txn::ReadPattern pattern) {
  if (all_) return;
  const bool is_all = !pattern.subject && !pattern.predicate && !pattern.object && !pattern.graph;
  if (is_all || patterns_.size() == kReadPatternsMax) {
    all_ = true;
    patterns_.assign(1, {});
    return;
  }
  const auto same = [&](const txn::ReadPattern& other) { return SamePattern(other, pattern); };
  if (std::none_of(patterns_.begin(), patterns_.end(), same))
    patterns_.push_back(std::move(pattern));
}

std::vector<txn::ReadPattern> ReadPatterns::Take() {
  all_ = false;
  return std::exchange(patterns_, {});
}

}  // namespace quadraft::sparql
