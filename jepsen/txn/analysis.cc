#include "jepsen/txn/analysis.h"

#include <algorithm>
#include <set>

#include "jepsen/txn/consistency.h"

namespace quadraft::jepsen {

StatusOr<Orders> OrdersOf(const TxnOptions& options) {
  for (const std::string& model : options.consistency) {
    if (!IsConsistencyModel(model)) {
      std::string known;
      for (const std::string& name : ConsistencyModels()) StrAppend(&known, " ", name);
      return InvalidArgument("no consistency level \"", model, "\"; there are", known);
    }
  }
  for (const std::string& anomaly : options.anomalies) {
    if (!IsAnomaly(anomaly)) return InvalidArgument("no anomaly \"", anomaly, "\"");
  }
  std::set<std::string> names = AnomaliesProhibitedBy(options.consistency);
  names.merge(AnomaliesImplying(options.anomalies));
  const auto any_ends_with = [&names](std::string_view suffix) {
    return std::any_of(names.begin(), names.end(),
                       [suffix](const std::string& name) { return name.ends_with(suffix); });
  };
  Orders orders;
  orders.realtime = any_ends_with("-realtime");
  orders.process = (!orders.realtime && any_ends_with("-process")) || options.sessions;
  return orders;
}

void AddOrders(const Orders& orders, DepGraph::Builder* builder) {
  if (orders.process) builder->AddProcesses();
  if (orders.realtime) builder->AddRealtime();
}

}  // namespace quadraft::jepsen
