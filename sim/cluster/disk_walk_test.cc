// Every disk call of a whole node made to fail in turn: the n-th one, for every n until a life has
// none left. The node stops, its supervisor starts it again, and what its clients saw must be
// linearizable, with nothing that was acknowledged missing.
#include "gtest/gtest.h"
#include "sim/cluster/cluster.h"
#include "sim/workloads/register_workload.h"

namespace quadraft::sim {
namespace {

struct Life {
  bool hit = false;
  uint64_t stops = 0;
  Status outcome;
};

Life RunLife(uint64_t nth) {
  World world(9);
  ClusterOptions sizes{.nodes = 1, .segment_bytes = 4096};
  sizes.replica.retained_entries_max = 20;  // The log is compacted again and again.
  Cluster cluster(&world, sizes);
  RegisterOptions options;
  options.keys = 2;
  options.clients.clients = 2;
  options.clients.think_max = milliseconds(10);
  RegisterWorkload workload({.world = &world, .addresses = {cluster.address(NodeId{1})}}, options);
  SimDisk& disk = cluster.process(NodeId{1}).disk();
  disk.FailNth(kDiskAny, nth);
  cluster.StartAll();
  workload.Start();
  world.RunFor(milliseconds(1200));
  Life life{.hit = !disk.nth_pending(), .stops = cluster.self_stops()};
  disk.FailNth(0, 0);
  world.RunFor(milliseconds(2500));
  workload.StopIssuing();
  world.RunUntilTrue([&] { return workload.Idle() && cluster.AllRunning(); }, seconds(30));
  workload.BeginFinalReads(cluster.address(NodeId{1}));
  const bool read = world.RunUntilTrue([&] { return workload.FinalReadsDone(); }, seconds(30));
  life.outcome = cluster.violation();
  if (life.outcome.ok()) life.outcome = workload.violation();
  if (life.outcome.ok() && !read) life.outcome = Internal("the final reads do not end");
  if (life.outcome.ok()) life.outcome = workload.CheckHistory();
  return life;
}

TEST(DiskWalkTest, EveryCallOfANodeMayFail) {
  uint64_t n = 1, stops = 0, lives = 0;
  for (;; n += n < 40 ? 1 : 29) {
    const Life life = RunLife(n);
    ASSERT_TRUE(life.outcome.ok()) << "call " << n << ": " << ToString(life.outcome);
    if (!life.hit) break;
    stops += life.stops;
    ++lives;
  }
  EXPECT_GT(n, 300u);
  EXPECT_GT(stops * 10, lives * 9);  // Few errors are of no consequence.
}

}  // namespace
}  // namespace quadraft::sim
