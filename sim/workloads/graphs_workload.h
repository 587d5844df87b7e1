// Whole graphs cleared, dropped, copied, moved and added, racing with inserts and deletions of
// single triples and with reads of all graphs in one query; judged by a sequential model of the
// graphs (graphs_model.h) through the linearizability checker.
//
// Graph G is <urn:graphs:G>, its element V the triple <urn:graphs:e> <urn:graphs:v> V. Updates
// carry a mark, so that one whose answer never came is known to have happened when its entry is
// committed, and not to have happened when none is at the end: an open operation would cost the
// checker dearly.
#ifndef QUADRAFT_SIM_WORKLOADS_GRAPHS_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_GRAPHS_WORKLOAD_H_

#include <map>
#include <string>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct GraphsOptions {
  ClientOptions clients{.operations_full_speed = 300};
  int graphs = 3;
};

class GraphsWorkload : public ClientWorkload {
 public:
  GraphsWorkload(WorkloadContext context, const GraphsOptions& options);

  Status CheckHistory() const override;
  std::string_view history_model() const override {
    return "";
  }  // `quadraft check` has no such model.

 private:
  struct Sent {
    bool done = false;     // Its entry is committed.
    int64_t process = -1;  // That left it open.
    jepsen::Value value;
  };

  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> Change(Client& client, std::string f, std::vector<jepsen::Value> value,
                    std::string text);
  Task<void> Transfer(Client& client);
  Task<void> Read(Client& client);
  std::string Name(uint64_t graph) const { return StrCat("<urn:graphs:", graph, ">"); }

  const GraphsOptions options_;
  std::map<uint64_t, Sent> sent_;  // By mark.
  int64_t next_number_ = 1;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_GRAPHS_WORKLOAD_H_
