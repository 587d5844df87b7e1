// Clients that use a cluster and judge what they are told: what sim/explore needs to know of each
// kind. A scenario runs one or several of them at once on the same nodes.
//
//   RegisterWorkload workload({.world = &world, .addresses = ..., .committed = &log}, {});
//   workload.Start();  ...  workload.StopIssuing();  ...  while (!workload.Idle()) ...
//   workload.BeginFinalReads(address);  ...
//   QR_RETURN_IF_ERROR(workload.violation());  QR_RETURN_IF_ERROR(workload.CheckHistory());
#ifndef QUADRAFT_SIM_WORKLOADS_WORKLOAD_H_
#define QUADRAFT_SIM_WORKLOADS_WORKLOAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/history.h"

namespace quadraft::sim {

class Workload {
 public:
  virtual ~Workload() = default;
  virtual std::string_view name() const = 0;
  virtual void Start() = 0;
  // From now on only these servers are asked (at least one): the others will not come back.
  virtual void AskOnly(const std::vector<std::string>& addresses) = 0;
  virtual void StopIssuing() = 0;
  virtual bool Idle() const = 0;  // No operation is under way.
  // How far the clients are now, and whether each got a write acknowledged since.
  virtual void MarkProgress() = 0;
  virtual bool Progressed() const = 0;
  // Reads everything once, through `address`, after everything else.
  virtual void BeginFinalReads(std::string address) = 0;
  virtual bool FinalReadsDone() const = 0;
  // The first thing that a single answer proved wrong.
  virtual const Status& violation() const = 0;
  virtual Status CheckHistory() const = 0;  // Once, at the very end.
  virtual std::string Summary() const = 0;  // "ok 812, fail 33, unknown 9"
  // What the clients saw, for `quadraft check --model history_model()`.
  virtual const jepsen::History& history() const = 0;
  virtual std::string_view history_model() const = 0;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_WORKLOAD_H_
