// Quad registers: clients write, read and compare-and-set single quads of real nodes, over HTTP and
// SPARQL, through whatever the network does to them. What they saw goes to the linearizability
// checker; sets of acknowledged inserts are checked as well, and a read of one that may be behind by a
// bound must have what was acknowledged longer ago.
//
// A register is <urn:register:K> <urn:value> ?v. Write: DELETE what is there, INSERT the new value,
// in one update. Compare and set: the update's WHERE names the old value and inserts a tag that no
// other operation has; a linearizable read of the tag then says whether it took effect.
#ifndef QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct RegisterOptions {
  ClientOptions clients;
  int keys = 3;
  bool bounded_reads = false;  // Half of the reads of sets may be behind by a bound.
};

class RegisterWorkload : public ClientWorkload {
 public:
  RegisterWorkload(WorkloadContext context, const RegisterOptions& options);

  Status CheckHistory() const override;
  std::string_view history_model() const override { return "cas-register"; }

 private:
  // What one client knows and did.
  struct ClientState {
    std::vector<std::optional<int64_t>> last_seen;  // By key: what a compare-and-set starts from.
    uint64_t next_tag = 1;
    // Its set of inserts; those that were acknowledged, and when.
    std::map<std::string, Duration> acknowledged;
    std::set<std::string> unknown, failed;
  };

  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> Write(Client& client, int key);
  Task<void> Read(Client& client, int key);
  Task<void> CompareAndSet(Client& client, int key);
  Task<void> Insert(Client& client);
  Task<void> ReadSet(Client& client, int of_client, Duration behind);
  // nullopt: no answer.
  Task<std::optional<bool>> TagExists(Client& client, std::string tag);
  void CheckSet(int client, const std::set<std::string>& must, const std::set<std::string>& seen);

  const int keys_;
  const bool bounded_reads_;
  std::vector<ClientState> states_;
  int64_t next_value_ = 1;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_
