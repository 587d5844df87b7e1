// An RDF dataset by its definition (RDF 1.1 Concepts, section 4): graphs by name, each a set of
// triples of lexical terms. No ids, no indexes.
//
//   Dataset data;
//   data.Insert(quad);                                   // True: it was not there.
//   for (const Triple& triple : data.graph(name)) ...    // Of a graph that is not there: none.
//
// A graph is there when it holds a triple (SPARQL 1.1 Update, section 3.2, lets a store choose).
#ifndef QUADRAFT_SIM_ORACLE_DATASET_H_
#define QUADRAFT_SIM_ORACLE_DATASET_H_

#include <compare>
#include <map>
#include <set>
#include <vector>

#include "core/rdf/term.h"

namespace quadraft::sim::oracle {

struct Triple {
  rdf::Term subject, predicate, object;
  friend auto operator<=>(const Triple&, const Triple&) = default;
};
using Graph = std::set<Triple>;

class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(const std::vector<rdf::Quad>& quads);

  bool Insert(const rdf::Quad& quad);
  bool Erase(const rdf::Quad& quad);  // True: it was there.
  const Graph& graph(const rdf::Term& name) const;
  bool Has(const rdf::Term& name) const { return graphs_.contains(name); }
  const std::map<rdf::Term, Graph>& graphs() const { return graphs_; }
  void Clear(const rdf::Term& name) { graphs_.erase(name); }
  void Replace(const rdf::Term& name, Graph graph);
  // Of a query's dataset: the graph is named in it, with triples or without.
  void Declare(const rdf::Term& name) { graphs_[name]; }
  std::vector<rdf::Quad> Quads() const;  // Sorted by graph, then triple.
  size_t size() const;

  friend bool operator==(const Dataset&, const Dataset&) = default;

 private:
  std::map<rdf::Term, Graph> graphs_;
};

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_DATASET_H_
