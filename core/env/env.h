// Env: all that a node knows of the world. The simulator and production each implement it; nothing above may tell the two
// apart. One Env per process; the node is built on it and destroyed before it.
//
//   class Node { Node(Env& env, Options); };
#ifndef QUADRAFT_CORE_ENV_ENV_H_
#define QUADRAFT_CORE_ENV_ENV_H_

#include <string_view>

#include "core/env/disk.h"
#include "core/env/executor.h"
#include "core/env/network.h"
#include "core/env/random.h"
#include "core/env/time.h"

namespace quadraft {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

class Env {
 public:
  virtual ~Env() = default;
  virtual Clock& clock() = 0;
  virtual Executor& executor() = 0;
  virtual Network& network() = 0;
  virtual Disk& disk() = 0;
  // The same object for the same name, for the life of the Env. Simulator: seeded by (run seed, node, name).
  virtual Random& random(std::string_view name) = 0;
  // One line for people (no trailing newline). The only output of a node that is not an answer. Loop only.
  virtual void Log(LogLevel level, std::string_view line) = 0;
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_ENV_H_
