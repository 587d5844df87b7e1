// Makes faults come and go, as the run's seed says: which kinds this run has, when each begins and
// how long it lasts. Several may be there at once, also more than the cluster can bear: it may then
// stall, it may not lie.
//
//   Nemesis nemesis(&context, NemesisOptions::Draw(random));
//   nemesis.Start();  ...  nemesis.StopAll();     // Ends every fault; dead nodes are restarted by
//   their own faults.
#ifndef QUADRAFT_SIM_FAULTS_NEMESIS_H_
#define QUADRAFT_SIM_FAULTS_NEMESIS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {

struct NemesisOptions {
  std::vector<const FaultRow*> kinds;
  Duration gap_min = milliseconds(200);  // Between the beginnings of two faults.
  Duration gap_max = milliseconds(2000);
  Duration length_min = milliseconds(50);
  Duration length_max = milliseconds(4000);
  int at_once_max = 3;

  // A random mix: each kind is in with an even chance, the pace is drawn too.
  static NemesisOptions Draw(Random& random);
  std::string Describe() const;
};

class Nemesis {
 public:
  Nemesis(FaultContext* context, NemesisOptions options);
  void Start();
  void StopAll();

  // How often each kind began, in order of name; kinds that never did are absent.
  const std::map<std::string, uint64_t>& fired() const { return fired_; }

 private:
  void ScheduleNext();
  void Begin();
  void End(uint64_t id);

  FaultContext* context_;
  NemesisOptions options_;
  bool running_ = false;
  uint64_t generation_ = 0;  // Closures scheduled before a StopAll do nothing.
  uint64_t next_id_ = 1;
  std::map<uint64_t, Closure> active_;
  std::map<std::string, uint64_t> fired_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_NEMESIS_H_
