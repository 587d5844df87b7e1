// Processes that run one tape after the other: no fork per run, whose page faults cost more than a
// short run does, and memory that is warm. A run that dies is that run's verdict; a new process
// takes the dead one's place.
//
//   Workers workers(2);
//   workers.Start(7, {.tape = tape});
//   Workers::Done done = workers.Await();   // done.id == 7
#ifndef QUADRAFT_TOOLS_SIM_WORKERS_H_
#define QUADRAFT_TOOLS_SIM_WORKERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sim/explore/coverage.h"
#include "sim/explore/run.h"

namespace quadraft::sim {

struct WorkerJob {
  Tape tape;
  bool finish = true;     // False: the run ends with its faults, without repair and last checks.
  bool record = false;    // RunReport::tape.
  bool features = false;  // Done::features (sim/explore/coverage.h).
};

class Workers {
 public:
  struct Done {
    uint64_t id = 0;
    RunReport report;
    std::vector<Feature> features;
  };
  explicit Workers(int jobs);
  ~Workers();  // What is under way is given up.

  int idle() const;
  int under_way() const { return static_cast<int>(workers_.size()) - idle(); }
  void Start(uint64_t id, const WorkerJob& job);  // idle() > 0
  Done Await();                                   // under_way() > 0
  // Gives up what is under way.
  void Abandon();
  // Of all processes so far, but not of this one.
  int64_t cpu_us() const { return cpu_us_; }

 private:
  struct Worker;
  void Spawn(Worker* worker);
  void Bury(Worker* worker, bool kill_it, std::string* why);

  std::vector<std::unique_ptr<Worker>> workers_;
  int64_t cpu_us_ = 0;
};

// The first of `jobs`, in their order, that `wanted` says yes to; later ones may not have been run.
struct FirstDone {
  size_t index;
  RunReport report;
};
std::optional<FirstDone> FindFirst(Workers* workers, const std::vector<WorkerJob>& jobs,
                                   absl::FunctionRef<bool(size_t, const RunReport&)> wanted);

// CPU time of this process, microseconds.
int64_t ProcessCpuUs();

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_WORKERS_H_
