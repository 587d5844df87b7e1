// Transfers between accounts whose balances lie in several graphs, each under one of several
// predicates: the sum of all never changes, none is negative, none has two balances.
//
// Account I is GRAPH <urn:bank:gG> { <urn:account:I> <urn:balance:P> ?a }. A transfer moves an
// amount if there is enough; a read asks for every balance, or for their sum, count and least one.
#ifndef QUADRAFT_SIM_WORKLOADS_BANK_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_BANK_WORKLOAD_H_

#include <string>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct BankOptions {
  ClientOptions clients{.operations_full_speed = 700};
  int accounts = 5;
  int graphs = 2, predicates = 2;
  int64_t opening = 20;  // Of each account.
};

class BankWorkload : public ClientWorkload {
 public:
  BankWorkload(WorkloadContext context, const BankOptions& options);

  Status CheckHistory() const override;
  std::string_view history_model() const override { return "bank"; }

 private:
  Task<void> Prepare(Client& client) override;
  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> Transfer(Client& client);
  Task<void> ReadAll(Client& client);
  Task<void> ReadSum(Client& client);
  std::string Balance(int account, std::string_view amount) const;  // Its quad.
  std::string AllBalances() const;                                  // A pattern of ?s, ?p, ?a.
  int64_t total() const { return options_.opening * options_.accounts; }

  const BankOptions options_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_BANK_WORKLOAD_H_
