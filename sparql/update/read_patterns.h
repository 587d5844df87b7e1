// What a WHERE clause may read, as predicate locks: every quad that could change its solutions
// matches one of the patterns. When in doubt, wider.
#ifndef QUADRAFT_SPARQL_UPDATE_READ_PATTERNS_H_
#define QUADRAFT_SPARQL_UPDATE_READ_PATTERNS_H_

#include <vector>

#include "core/txn/write_set.h"
#include "sparql/algebra/algebra.h"

namespace quadraft::sparql {

// More patterns than this become one that matches every quad.
inline constexpr size_t kReadPatternsMax = 1024;

class ReadPatterns {
 public:
  // Everything below `pattern`, EXISTS and subqueries too, with `dataset` for the default and the
  // named graphs.
  void AddWhere(const Pattern& pattern, const Dataset& dataset);
  void AddGraph(const rdf::Term& graph);  // All of one graph; kDefaultGraph for the default one.
  void AddAll();
  std::vector<txn::ReadPattern> Take();

 private:
  friend class WhereReader;
  void Add(txn::ReadPattern pattern);
  std::vector<txn::ReadPattern> patterns_;
  bool all_ = false;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_UPDATE_READ_PATTERNS_H_
