// From a graph and the cases beside it to the report: cycles, levels, words, drawings.
#ifndef QUADRAFT_JEPSEN_TXN_ASSEMBLE_H_
#define QUADRAFT_JEPSEN_TXN_ASSEMBLE_H_

#include "jepsen/txn/analysis.h"
#include "jepsen/txn/cases.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/dep_graph.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

// Finds the cycles of every component and adds them to the cases, in words and drawn.
void AddCycles(const TxnHistory& history, const DepGraph& graph, const TxnOptions& options,
               const WhyEdge& why, CaseList* cases);

// Names the levels that fall, and judges.
TxnReport Assemble(const TxnHistory& history, const DepGraph& graph, const TxnOptions& options,
                   CaseList cases);
// A report that says only why there is none.
TxnReport CannotJudge(Status error);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_ASSEMBLE_H_
