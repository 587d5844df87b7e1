// An Env over the simulator's disk, for the tests of store/ that want its faults rather than MemoryDisk's.
#ifndef QUADRAFT_STORE_TESTING_SIM_ENV_H_
#define QUADRAFT_STORE_TESTING_SIM_ENV_H_

#include <string>
#include <vector>

#include "core/env/env.h"
#include "sim/world/disk.h"
#include "sim/world/manual_executor.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {

class SimDiskEnv : public Env {
 public:
  explicit SimDiskEnv(uint64_t seed) : disk_(seed, &executor_), random_(seed, "sim_env") {}

  sim::SimDisk& sim_disk() { return disk_; }
  sim::ManualExecutor& sim_executor() { return executor_; }

  Clock& clock() override { return executor_; }
  Executor& executor() override { return executor_; }
  Network& network() override { return nobody_.network(); }
  Disk& disk() override { return disk_; }
  Random& random(std::string_view) override { return random_; }
  void Log(LogLevel level, std::string_view line) override {
    if (level != LogLevel::kDebug) lines_.emplace_back(line);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  sim::ManualExecutor executor_;
  sim::SimDisk disk_;
  Random random_;
  MemoryEnv nobody_;
  std::vector<std::string> lines_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_TESTING_SIM_ENV_H_
