// Makes faults come and go as a list says: each entry names a kind, when it begins, how long it
// lasts, and the seed of everything else about it (which node, how hard). An entry draws from its
// own seed alone, so that taking one out of the list changes no other. Several may be there at
// once, also more than the cluster can bear: it may then stall, it may not lie.
//
//   Nemesis nemesis(&context, DrawFaults(NemesisOptions::Draw(random), random, seconds(1),
//   seconds(9))); nemesis.Start();  ...  nemesis.StopAll();     // Dead nodes are restarted by
//   their own faults.
#ifndef QUADRAFT_SIM_FAULTS_NEMESIS_H_
#define QUADRAFT_SIM_FAULTS_NEMESIS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/faults/fault.h"

namespace quadraft::sim {

struct FaultEntry {
  Duration at{0};  // Since the nemesis was started.
  Duration length{0};
  std::string kind;
  uint64_t seed = 0;
  bool operator==(const FaultEntry&) const = default;
};

struct NemesisOptions {
  std::vector<const FaultRow*> kinds;
  Duration gap_min = milliseconds(200);  // Between the beginnings of two faults.
  Duration gap_max = milliseconds(2000);
  Duration length_min = milliseconds(50);
  Duration length_max = milliseconds(4000);
  int at_once_max = 3;

  // A random mix of the kinds that leave a majority alone: few or many of them; the pace is drawn
  // too.
  static NemesisOptions Draw(Random& random);
  std::string Describe() const;
};

// Entries that begin in [from, to), in order of time.
std::vector<FaultEntry> DrawFaults(const NemesisOptions& options, Random& random, Duration from,
                                   Duration to);

class Nemesis {
 public:
  // `context` is what each fault's own is copied from. Every kind must exist.
  Nemesis(const FaultContext* context, std::vector<FaultEntry> entries);
  ~Nemesis();
  void Start();
  // One more entry; its time may not be over. Before or after Start.
  void Add(FaultEntry entry);
  // Ends what is there, and begins no more of the list.
  void StopAll();

  const std::vector<FaultEntry>& entries() const { return entries_; }
  // How often each kind took effect, in order of name; kinds that never did are absent.
  const std::map<std::string, uint64_t>& fired() const { return fired_; }

 private:
  struct Active;
  void Schedule(size_t entry);
  void Begin(size_t entry);
  void End(size_t entry);

  const FaultContext* context_;
  std::vector<FaultEntry> entries_;
  bool running_ = false;
  Duration started_at_{0};
  std::map<size_t, std::unique_ptr<Active>> active_;  // By index of the entry.
  std::deque<std::unique_ptr<Active>> over_;          // Events of theirs may still be on their way.
  std::map<std::string, uint64_t> fired_;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_NEMESIS_H_
