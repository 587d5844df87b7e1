// The cycles of one component, each kind by its shortest, named as Elle names them.
//
//   G0              ww only
//   G1c             ww and wr
//   G-single-item   ww, wr, and exactly one rw
//   G-nonadjacent-item   two rw or more, no two of them adjacent (so not snapshot isolation)
//   G2-item         two rw or more, some adjacent
// and each with -process or -realtime when it needs such an edge. ("-item": on single keys; there
// are no predicates here.) A kind that a worse one found already implies is not looked for.
//
// Whether each kind exists is decided by components of suitable views of the graph, in linear time;
// only G-single takes reachability queries, which are cut short by the order of components, by
// levels and by intervals (GRAIL: Yildirim, Chaoji, Zaki, VLDB 2010). Shortest cycles take
// breadth-first searches; steps_max bounds them. When it is reached the cycles may be longer than
// need be, and a G-single may be shown as a G-nonadjacent: the level that breaks is the same but
// for what lies between consistent-view and snapshot isolation.
#ifndef QUADRAFT_JEPSEN_TXN_CYCLE_SEARCH_H_
#define QUADRAFT_JEPSEN_TXN_CYCLE_SEARCH_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "jepsen/txn/dep_graph.h"
#include "jepsen/txn/sub_graph.h"

namespace quadraft::jepsen {

struct FoundCycle {
  struct Step {
    uint32_t txn;   // Leads to the next step's, the last one's to the first's...
    EdgeKind kind;  // ... by such an edge.
  };
  std::string name;
  std::vector<Step> steps;
  bool is_shortest = true;  // Among those of its kind in this component.
};

// The name of a cycle by its edges.
std::string NameOf(const std::vector<FoundCycle::Step>& steps);

// What each kind of cycle implies, looked up once for all components.
class ImpliedNames {
 public:
  const std::set<std::string>& Of(const std::string& name);

 private:
  std::map<std::string, std::set<std::string>> known_;
};

// Worst first.
std::vector<FoundCycle> FindCycles(const SubGraph& graph, uint64_t steps_max,
                                   ImpliedNames* implied);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_CYCLE_SEARCH_H_
