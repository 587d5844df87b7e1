// Which operations the clients of a run do, as data: each is drawn once, from a seed of its own,
// and can be written down, left out and done again (sim/explore/tape.h).
//
//   OperationTape tape(seed);                                  // Or with a recorded list.
//   const auto next = tape.Next(client, now, DrawMine);        // {at, "write", seed}; nullopt:
//   none left. Random random(next->seed, next->kind);                     // Key, size, server: all
//   from here. tape.Release();                                            // The repair began:
//   drawn from here on.
#ifndef QUADRAFT_SIM_WORKLOADS_OPERATION_H_
#define QUADRAFT_SIM_WORKLOADS_OPERATION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "core/env/random.h"
#include "core/env/time.h"

namespace quadraft::sim {

struct Operation {
  int client = 0;
  Duration at{0};     // In the time of the run; later when the client is not free then.
  std::string kind;   // One of the workload's own names.
  uint64_t seed = 0;  // Of everything else about it.
  Duration WaitFrom(Duration now) const { return at > now ? at - now : Duration(0); }
  bool operator==(const Operation&) const = default;
};

class OperationTape {
 public:
  // Sets the kind of an operation whose client and seed are set, and returns how long its client
  // thinks before it; from `random` alone.
  using Draw = absl::FunctionRef<Duration(Random& random, Operation* operation)>;

  explicit OperationTape(uint64_t seed) : seed_(seed) {}
  // Each client does its part of the list, in order, and then nothing until Release.
  OperationTape(uint64_t seed, std::vector<Operation> list);

  std::optional<Operation> Next(int client, Duration now, Draw draw);
  // From now on every client's operations are drawn, from streams that no list can move.
  void Release() { released_ = true; }

  // What Next gave out before Release, in order.
  const std::vector<Operation>& taken() const { return taken_; }

 private:
  Operation Drawn(int client, const char* stream, Duration now, Draw draw);

  uint64_t seed_;
  bool listed_ = false;
  bool released_ = false;
  std::map<int, std::vector<Operation>> list_;
  std::map<int, size_t> position_;
  std::map<std::string, Random> streams_;
  std::vector<Operation> taken_;
};

// How long a client that has nothing to do waits before it asks again.
inline constexpr Duration kNoOperationPause = milliseconds(50);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORKLOADS_OPERATION_H_
