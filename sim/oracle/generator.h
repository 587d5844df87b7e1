// Random queries and updates as text, over a small vocabulary so that they meet: what the `sparql`
// workload sends, and what holds the engine and the oracle against each other. All of it is within
// what the oracle can judge, but for the odd case it says so of itself.
//
//   Generator generator({}, &env.random("sparql"));
//   generator.InsertData(20)   // "INSERT DATA { ... }"
//   generator.Query()          // "SELECT DISTINCT ?a ?b WHERE { ?a <urn:q:p1> ?b OPTIONAL { ... }
//   }" generator.Update()         // "DELETE { ... } INSERT { ... } WHERE { ... } ; CLEAR GRAPH
//   <...>"
#ifndef QUADRAFT_SIM_ORACLE_GENERATOR_H_
#define QUADRAFT_SIM_ORACLE_GENERATOR_H_

#include <string>
#include <vector>

#include "core/base/strings.h"
#include "core/env/random.h"

namespace quadraft::sim::oracle {

struct GeneratorOptions {
  std::string prefix = "urn:q:";  // Of every IRI, graphs included.
  // Stay inside the graphs of the prefix: FROM on every query, USING on every update, and never the
  // store's default graph. For a store that others use as well.
  bool isolated = false;
  int subjects = 6, predicates = 3, graphs = 3;
  int depth = 2;  // Of groups within groups.
};

// Concatenation whose pieces are evaluated from left to right: a braced list promises that, a call
// does not, and each piece may draw.
struct Text {
  std::string text;
  template <typename... Pieces>
  explicit Text(const Pieces&... pieces) : text(StrCat(pieces...)) {}
};

class Generator {
 public:
  Generator(GeneratorOptions options, Random* random)
      : options_(std::move(options)), random_(*random) {}

  std::string Query();
  std::string Update();  // One to three operations.
  std::string InsertData(int quads);
  std::string ClearSome();  // Empties one or all of its graphs.

 private:
  using Names = std::vector<std::string>;

  // generator.cc: terms, patterns, queries
  std::string Iri(std::string_view kind, uint64_t number) const;
  std::string Subject() { return Iri("s", random_.Below(options_.subjects)); }
  std::string Predicate() { return Iri("p", random_.Below(options_.predicates)); }
  std::string GraphName() { return Iri("g", random_.Below(options_.graphs)); }
  std::string Object();
  std::string Variable();
  std::string Known(const Names& names);  // One of them, or any variable when there is none.
  std::string Triple(Names* names);
  std::string Path(int depth);
  std::string Basic(int triples, Names* names);
  std::string Group(int depth, bool in_graph, Names* names);
  std::string Element(int depth, bool in_graph, Names* names);
  std::string SubSelect(bool in_graph, Names* names);
  std::string Condition(int depth, const Names& names);
  std::string Value(int depth, const Names& names);
  std::string From(std::string_view word);
  std::string Select();
  std::string Grouped();
  static std::string List(const Names& names);

  // generator_updates.cc
  std::string Operation();
  std::string Modify();
  std::string Quad(const Names* names, bool blanks);  // Null names: no variables.
  std::string GraphToGraph();

  const GeneratorOptions options_;
  Random& random_;
  uint64_t fresh_ = 0;  // Variables made by BIND and AS.
};

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_GENERATOR_H_
