// Unique triples inserted one or several at a time, and reads of all of them: none that was
// acknowledged is lost, none that is read was never sent or was refused, none is read twice, a
// batch is there whole or not at all, and every index counts the same.
//
// Element V is GRAPH <urn:set:gG> { <urn:element:V> <urn:in> <urn:set> . }. Reads go by object, by
// predicate and by graph; a count asks for all of these in one query.
#ifndef QUADRAFT_SIM_WORKLOADS_SET_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_SET_WORKLOAD_H_

#include <map>
#include <string>
#include <vector>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct SetOptions {
  ClientOptions clients{.operations_full_speed = 500};
  int graphs = 2;
  int batch_max = 4;
};

class SetWorkload : public ClientWorkload {
 public:
  SetWorkload(WorkloadContext context, const SetOptions& options);

  Status CheckHistory() const override;
  std::string_view history_model() const override { return "set-full"; }

 private:
  enum class Fate : uint8_t { kSent, kAcknowledged, kRefused };

  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> Add(Client& client);
  Task<void> Read(Client& client);
  Task<void> CountAll(Client& client);
  void CheckRead(const std::vector<int64_t>& must, const std::vector<std::string>& rows);
  std::string Graphs(std::string_view pattern) const;

  const SetOptions options_;
  std::map<int64_t, std::pair<Fate, int64_t>> elements_;  // Each with the first of its batch.
  std::vector<int64_t> acknowledged_elements_;            // In order.
  int64_t next_ = 1;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_SET_WORKLOAD_H_
