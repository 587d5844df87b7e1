// What the analysers of list-append and rw-register have in common: a graph, cases beside it, and
// the words for an edge. assemble.h makes a report of it.
#ifndef QUADRAFT_JEPSEN_TXN_ANALYSIS_H_
#define QUADRAFT_JEPSEN_TXN_ANALYSIS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "jepsen/txn/check.h"
#include "jepsen/txn/dep_graph.h"
#include "jepsen/txn/txn_history.h"

namespace quadraft::jepsen {

// Why `from` comes before `to` by a ww, wr or rw edge of the graph, with the names that the
// explanation gives them: "T1 appended 3 to key 5 and T2 read it".
using WhyEdge = std::function<std::string(uint32_t from, uint32_t to, EdgeKind kind,
                                          std::string_view from_name, std::string_view to_name)>;

// Which orders beside the data the asked-for levels speak about.
struct Orders {
  bool process = false;
  bool realtime = false;
};
// As Elle: real time when a level forbids something with -realtime, else processes when one forbids
// something with -process. InvalidArgument when a level or an anomaly is unknown.
StatusOr<Orders> OrdersOf(const TxnOptions& options);

void AddOrders(const Orders& orders, DepGraph::Builder* builder);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_TXN_ANALYSIS_H_
