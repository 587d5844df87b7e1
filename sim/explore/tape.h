// All that is drawn for a run, by name: seed, scenario, planted bugs, settings, phases, faults,
// outsiders, and (when it was recorded) every operation of every client. A run is a function of its
// tape. A tape is a text file, one thing a line, that a person can read, cut and mend:
//
//   quadraft-tape 1
//   # Comments and empty lines are skipped.
//   scenario log
//   seed 42                       # Of what no line fixes: delays in the network and the like.
//   tries 5                       # A scenario file: that many seeds from this one on.
//   mutant commit-old-term        # Planted bugs, one a line.
//   expect raft: leader completeness
//   set nodes 5                   # Settings that are not named have their plain value.
//   safety 9.5s                   # When the first phase ends, and the second one.
//   beyond 11s
//   fault 1.25s 300ms isolation 77     # When, how long, kind, its own seed.
//   outsider 4 down               # Stays broken in the repair: down, partitioned or paused.
//   operations listed             # Clients do the operations below and no others until the repair.
//   op 1.003s 0 write 99          # When, client, kind, its own seed.
//
// Names and times, not positions in a stream of random numbers: what is taken out moves nothing
// else, and a tape outlives changes of the code around it.
//
//   QR_ASSIGN_OR_RETURN(Tape tape, ParseTape(text));   // Errors say "line 3, column 7: ...".
//   RunTape(tape, options);                            // run.h
#ifndef QUADRAFT_SIM_EXPLORE_TAPE_H_
#define QUADRAFT_SIM_EXPLORE_TAPE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "sim/explore/settings.h"
#include "sim/faults/nemesis.h"
#include "sim/workloads/operation.h"

namespace quadraft::sim {

struct ScenarioRow;

enum class Fate : uint8_t { kDown, kPartitioned, kPaused };
struct Outsider {
  NodeId node;
  Fate fate = Fate::kDown;
  bool operator==(const Outsider&) const = default;
};

struct Tape {
  explicit Tape(const ScenarioRow* row);  // Everything plain, nothing goes wrong.

  const ScenarioRow* scenario;
  uint64_t seed = 1;
  uint64_t tries = 1;
  std::vector<std::string> mutants;
  std::string expect;  // A FailureKey (run.h); empty: none.
  Settings settings;
  Duration safety_end = seconds(5);  // Since the start of the run.
  Duration beyond_end = seconds(5);
  std::vector<FaultEntry> faults;
  std::vector<Outsider> outsiders;
  bool listed = false;
  std::vector<Operation> operations;  // When listed.
};

bool operator==(const Tape& a, const Tape& b);

std::string FormatTape(const Tape& tape);
// InvalidArgument, with line and column: also for unknown names, and for outsiders that leave no
// majority.
StatusOr<Tape> ParseTape(std::string_view text);

// "1.25s", "300ms", "15.5us", "7ns": in the largest unit of which there is one; exact.
std::string FormatDuration(Duration duration);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_EXPLORE_TAPE_H_
