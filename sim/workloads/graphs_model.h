// A few named graphs as a sequential object for the linearizability checker: sets of numbers, and
// what CLEAR, COPY, MOVE and ADD do to them (SPARQL 1.1 Update, section 3.2; a graph is there while
// it holds something).
//
//   insert [g v]   delete [g v]   clear [g]   copy [a b]   move [a b]   add [a b]
//   read -> [[v ...] ...] of every graph, ascending; an operation that came to "missing" found
//   nothing to copy from; "silent" may have.
#ifndef QUADRAFT_SIM_WORKLOADS_GRAPHS_MODEL_H_
#define QUADRAFT_SIM_WORKLOADS_GRAPHS_MODEL_H_

#include <memory>

#include "jepsen/linear/model.h"

namespace quadraft::sim {

// Transfers are [a b how]: how is "done" (the source was there), "missing" or "silent".
std::unique_ptr<jepsen::Model> GraphsModel(int graphs);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_GRAPHS_MODEL_H_
