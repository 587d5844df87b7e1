// One run of one seed in a program of its own, for verify: `quadraft-sim probe`. A program that is
// started anew has other addresses (ASLR), another heap, another salt in every hash table; a child
// that is merely forked has its parent's.
//
//   quadraft-sim probe --scenario log --seed 7 --checkpoint-every 1024 --window 5000:7000 --out
//   FILE
#ifndef QUADRAFT_TOOLS_SIM_PROBE_H_
#define QUADRAFT_TOOLS_SIM_PROBE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "sim/explore/run.h"
#include "sim/trace/probe.h"

namespace quadraft::sim {

// Nondeterminism on purpose, to prove that verify finds it: in event `event` the simulator lets an
// address of this process ("address") or the real clock ("clock") decide something.
struct Plant {
  std::string kind;
  uint64_t event = 0;  // Zero: none.
};
// "clock@12345". InvalidArgument.
StatusOr<Plant> ParsePlant(std::string_view text);

struct ProbeReport {
  uint64_t events = 0;
  Hash128 hash;
  std::string violation;
  std::vector<Hash128> checkpoints;
  std::vector<ProbedEvent> window;
};

ProbeReport RunProbe(RunOptions run, const ProbeOptions& options, const Plant& plant);

// As text and back. InvalidArgument.
std::string EncodeProbe(const ProbeReport& report);
StatusOr<ProbeReport> DecodeProbe(std::string_view text);

}  // namespace quadraft::sim

#endif  // QUADRAFT_TOOLS_SIM_PROBE_H_
