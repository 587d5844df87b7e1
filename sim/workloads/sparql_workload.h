// Random queries and updates over a small dataset, each answer and each effect judged by the oracle
// (sim/oracle) inside the order that the log gives.
//
// A query must answer as the oracle does at some version between what was committed when it was
// asked and what was committed when it was answered (that is linearizability, seen from inside). An
// update carries a mark (committed_log.h): its entry must have the effect that the oracle gives it
// at its place in the log, whatever happened while it was evaluated; at most one entry may have it;
// none when the client was told that nothing was done, one when it was told that it is done.
#ifndef QUADRAFT_SIM_WORKLOADS_SPARQL_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_SPARQL_WORKLOAD_H_

#include <map>
#include <string>

#include "sim/oracle/generator.h"
#include "sim/oracle/oracle.h"
#include "sim/workloads/client_workload.h"

namespace quadraft::sim {

struct SparqlOptions {
  ClientOptions clients{.operations_full_speed = 500};
  bool isolated = false;  // Others use the same store: keep to graphs of its own.
  int depth = 2;
  size_t quads_high = 60;  // Above, the clients empty graphs.
  int updates_of_ten = 4;
};

class SparqlWorkload : public ClientWorkload {
 public:
  SparqlWorkload(WorkloadContext context, const SparqlOptions& options);

  std::string Summary() const override;
  Status CheckHistory() const override;
  std::string_view history_model() const override { return ""; }  // Judged as it happens.

 private:
  static constexpr size_t kStepsMax = 100'000;  // Of the oracle, per version.
  static constexpr size_t kVersionsMax = 400;

  struct SentUpdate {
    std::string text;
    LogIndex entry;  // Zero: none was seen.
    bool refused = false;
  };

  Task<void> Operate(Client& client) override;
  Task<void> FinalReads(Client& client) override;
  Task<void> Query(Client& client, std::string text);
  Task<void> Update(Client& client, std::string text);
  void JudgeQuery(const std::string& text, const std::string& body, LogIndex low, LogIndex high);
  void JudgeMiss(const std::string& text, LogIndex low, LogIndex high);
  Status OnEntry(LogIndex index, const CommittedLog::Entry& entry);
  oracle::Dataset OwnData() const;
  oracle::Generator NewGenerator(Random* random) const;

  const SparqlOptions options_;
  std::map<uint64_t, SentUpdate> updates_;  // By mark.
  uint64_t next_mark_ = 1;
  uint64_t judged_ = 0, beyond_ = 0;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_SPARQL_WORKLOAD_H_
