// Log, key-value store and state together, as one replica uses them, on the simulator's disk:
// errors, full disks, power cuts and restarts without one. Nothing that was acknowledged may be
// missing afterwards, and nothing else may have appeared.
#include <gtest/gtest.h>

#include "store/testing/storage_replica.h"

namespace quadraft::store {
namespace {

bool IsDiskError(const Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

TEST(StorageCrashTest, NothingAcknowledgedIsEverLost) {
  int errors = 0, cuts = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    SimDiskEnv env(seed);
    Random random(seed, "storage");
    Replica replica(env, random);
    for (int life = 0; life < 8; ++life) {
      const Status started = replica.Start();
      ASSERT_TRUE(started.ok()) << "life " << life << ": " << ToString(started);
      switch (random.Below(4)) {
        case 0:
          env.sim_disk().FailNth(sim::kDiskAny, 1 + random.Below(200));
          break;
        case 1:
          env.sim_disk().FailWithChance(sim::kDiskSync, 20'000);
          break;
        case 2:
          env.sim_disk().set_capacity_bytes(env.sim_disk().used_bytes() + random.Below(20'000));
          break;
        default:
          break;
      }
      const Status ended = replica.Run(static_cast<int>(random.Below(60)));
      if (!ended.ok()) {
        ASSERT_TRUE(IsDiskError(ended)) << ToString(ended);
        ++errors;
      }
      // The process ends first, or is cut off in the middle of things together with the machine.
      const bool machine = random.OneIn(2);
      if (!machine || random.OneIn(2)) replica.Stop();
      machine ? env.sim_disk().Crash() : env.sim_disk().Detach();
      cuts += machine;
      replica.Stop();
      env.sim_executor().RunUntilIdle();
      env.sim_disk().TakeDropped();
      env.sim_disk().FailNth(sim::kDiskAny, 0);
      env.sim_disk().FailWithChance(sim::kDiskAny, 0);
      env.sim_disk().set_capacity_bytes(uint64_t{1} << 40);
    }
  }
  EXPECT_GT(errors, 8);
  EXPECT_GT(cuts, 20);
}

}  // namespace
}  // namespace quadraft::store
