#include "sim/oracle/dataset.h"

#include <utility>

namespace quadraft::sim::oracle {

Dataset::Dataset(const std::vector<rdf::Quad>& quads) {
  for (const rdf::Quad& quad : quads) Insert(quad);
}

bool Dataset::Insert(const rdf::Quad& quad) {
  return graphs_[quad.graph].insert({quad.subject, quad.predicate, quad.object}).second;
}

bool Dataset::Erase(const rdf::Quad& quad) {
  const auto found = graphs_.find(quad.graph);
  if (found == graphs_.end()) return false;
  const bool there = found->second.erase({quad.subject, quad.predicate, quad.object}) > 0;
  if (found->second.empty()) graphs_.erase(found);
  return there;
}

const Graph& Dataset::graph(const rdf::Term& name) const {
  static const Graph& none = *new Graph;
  const auto found = graphs_.find(name);
  return found == graphs_.end() ? none : found->second;
}

void Dataset::Replace(const rdf::Term& name, Graph graph) {
  if (graph.empty()) {
    graphs_.erase(name);
  } else {
    graphs_[name] = std::move(graph);
  }
}

std::vector<rdf::Quad> Dataset::Quads() const {
  std::vector<rdf::Quad> quads;
  for (const auto& [name, graph] : graphs_) {
    for (const Triple& triple : graph) {
      quads.push_back({triple.subject, triple.predicate, triple.object, name});
    }
  }
  return quads;
}

size_t Dataset::size() const {
  size_t triples = 0;
  for (const auto& [name, graph] : graphs_) triples += graph.size();
  return triples;
}

}  // namespace quadraft::sim::oracle
