// Lists under append, by transactions over several keys: the history of choice for isolation
// (Elle's list-append), judged at strict serializability by jepsen/txn.
//
// An update is one transaction of several operations separated by ';': appends, and reads that
// leave what they see under a name of the transaction's own, where it is looked up afterwards (an
// update answers nothing). A query is a transaction that reads several keys. Two shapes, drawn:
//   text    <urn:list:K> <urn:is> "1 4 7": an append replaces the literal by a longer one;
//   items   <urn:list:K> <urn:item> ?e. ?e <urn:index> ?i: an append takes MAX + 1 (and update
//           transactions only append).
#ifndef QUADRAFT_SIM_WORKLOADS_APPEND_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_APPEND_WORKLOAD_H_

#include <string>
#include <utility>
#include <vector>

#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct AppendOptions {
  ClientOptions clients{.operations_full_speed = 600};
  bool text = true;
  int keys = 3;         // In use at one time; one that is full gives way to a new one.
  int length_max = 16;  // Appends to a key.
  int operations_max = 4;
};

class AppendWorkload : public ClientWorkload {
 public:
  AppendWorkload(WorkloadContext context, const AppendOptions& options);

  Status CheckHistory() const override;
  std::string_view history_model() const override { return "list-append"; }

 private:
  struct Step {
    bool append = false;
    int64_t key = 0;
    int64_t element = 0;
    std::vector<int64_t> read;
  };
  struct Key {
    int64_t number = 0;
    int64_t next = 1;  // Elements are unique within a key.
  };

  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> UpdateTransaction(Client& client);
  Task<void> ReadTransaction(Client& client, std::vector<int64_t> keys);
  // Whether the transaction happened, with the reads of its steps; nullopt: nobody knows.
  Task<std::optional<bool>> LookUp(Client& client, uint64_t number, std::vector<Step>* steps);
  std::string AppendText(int64_t key, int64_t element) const;
  bool ParseList(std::string_view text, std::vector<int64_t>* out);
  int64_t AnyKey(Random& random) { return keys_[random.Below(keys_.size())].number; }
  static jepsen::Value ValueOf(const std::vector<Step>& steps, bool known);

  const AppendOptions options_;
  std::vector<Key> keys_;  // In use.
  int64_t next_key_ = 0;
  uint64_t next_transaction_ = 1;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_APPEND_WORKLOAD_H_
