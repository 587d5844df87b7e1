// One black-box run: a cluster of real processes, clients, faults; then the judgement.
//
//   1. Clients work while faults come and go.
//   2. All is healed: every node must reach the same applied index and the same digest.
//   3. What the clients saw must be linearizable, and the set of quads that were acknowledged must
//   be there, on every node.
//   4. Rounds of: kill -9 of the leader under writes; a write that is sent afterwards must be
//   acknowledged within a limit, and the
//      killed node, started again, must catch up.
#ifndef QUADRAFT_JEPSEN_REAL_RUN_H_
#define QUADRAFT_JEPSEN_REAL_RUN_H_

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "jepsen/real/nemesis.h"

namespace quadraft::jepsen {

struct RunOptions {
  std::string binary;
  // Made when it is not there; the nodes' data, their logs and the history (judge.h) stay in it.
  std::string folder;
  uint64_t seed = 1;
  std::chrono::seconds duration{30};  // Of step 1.
  std::vector<const NemesisRow*> nemeses;
  int failover_rounds = 3;
  std::chrono::milliseconds failover_max{2000};
  std::chrono::seconds recovery_max{30};  // Of step 2, and of catching up.
};

enum class RunVerdict : uint8_t {
  kOk,
  kViolation,  // The store broke a promise.
  kFailed,     // The run could not be done or judged.
};

// Tells the story on `out`; its last line is "seed=N verdict=ok|VIOLATION|FAILED".
RunVerdict RunNemesis(const RunOptions& options, std::ostream& out);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_RUN_H_
