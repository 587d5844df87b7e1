// Quad registers: clients on processes of their own write, read and compare-and-set single quads of
// real nodes, over HTTP and SPARQL, through whatever the network does to them. What they saw goes
// to the linearizability checker; sets of acknowledged inserts are checked as well.
//
//   RegisterWorkload workload(&world, addresses, RegisterOptions::Draw(random));
//   workload.Start();  ...  workload.StopIssuing();  ...  while (!workload.idle()) ...
//   workload.BeginFinalReads();  ...
//   QR_RETURN_IF_ERROR(workload.violation());  QR_RETURN_IF_ERROR(workload.CheckHistory());
//
// A register is <urn:register:K> <urn:value> ?v. Write: DELETE what is there, INSERT the new value,
// in one update. Compare and set: the update's WHERE names the old value and inserts a tag that no
// other operation has; a linearizable read of the tag then says whether it took effect. Outcomes:
// 2xx: happened; 503, 409, 507 and "could not be reached": certainly not (the server's promise,
// checked here); everything else: unknown.
#ifndef QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "jepsen/history/history.h"
#include "net/http/client.h"
#include "sim/world/world.h"

namespace quadraft::sim {

struct RegisterOptions {
  int clients = 4;
  int keys = 3;
  Duration think_max = milliseconds(40);  // Between two operations of a client, uniform.
  Duration request_timeout = seconds(4);
  int operations_full_speed =
      1500;  // After that many in all, each client thinks for long: bounds the history.

  static RegisterOptions Draw(Random& random);
  std::string Describe() const;
};

class RegisterWorkload {
 public:
  static constexpr uint64_t kFirstClientId = 1001;

  RegisterWorkload(World* world, std::vector<std::string> addresses, RegisterOptions options);
  ~RegisterWorkload();

  void Start();
  void StopIssuing() { issuing_ = false; }
  bool idle() const { return busy_ == 0; }
  // Reads every register and every set once, through `address`, after everything else.
  void BeginFinalReads(std::string address);
  bool final_reads_done() const { return final_reads_left_ == 0; }

  // Operations acknowledged so far by writes of client `i`: to see progress.
  uint64_t acknowledged(int client) const { return acknowledged_[client]; }
  uint64_t operations() const { return operations_; }
  int clients() const { return options_.clients; }

  // The first thing that a single answer proved wrong (two values in a register, a lost insert, a
  // refused valid query).
  const Status& violation() const { return violation_; }
  Status CheckHistory() const;
  const jepsen::History& history() const { return history_; }
  // "ok 812, fail 33, unknown 9"
  std::string Summary() const;

 private:
  class Client;
  friend class Client;
  enum class Outcome : uint8_t { kOk, kFail, kUnknown };

  // One set of inserts, written by one client.
  struct InsertSet {
    std::set<std::string> acknowledged, unknown, failed;
  };

  void Fail(const Status& violation);
  void Count(Outcome outcome) { ++outcomes_[static_cast<int>(outcome)]; }
  void CheckSet(int client, const std::set<std::string>& must, const std::set<std::string>& seen);
  int64_t NewProcess() { return next_process_++; }

  World* world_;
  std::vector<std::string> addresses_;
  RegisterOptions options_;
  std::vector<Client*> clients_;  // Of the running incarnation of each client's process.
  jepsen::History history_;
  std::vector<InsertSet> sets_;
  std::vector<uint64_t> acknowledged_;
  bool issuing_ = false;
  int busy_ = 0;
  int final_reads_left_ = 0;
  uint64_t operations_ = 0;
  uint64_t outcomes_[3] = {};
  int64_t next_process_ = 0;
  int64_t next_value_ = 1;
  Status violation_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_REGISTER_WORKLOAD_H_
