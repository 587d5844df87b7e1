// How cheap idling is (the simulator runs thousands of virtual seconds), and what a proposal costs
// without real disks.
#include "benchmark/benchmark.h"
#include "core/replica/testing/test_cluster.h"

namespace quadraft::replica {
namespace {

// items_per_second: virtual seconds per second of three idle nodes.
void BM_IdleThreeNodes(benchmark::State& state) {
  TestCluster cluster(3, 1, {}, static_cast<int>(state.range(0)));
  cluster.WaitForLeader();
  for (auto _ : state) cluster.world.RunFor(seconds(1));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_IdleThreeNodes)->Arg(1)->Arg(10);

void BM_Proposals(benchmark::State& state) {
  TestCluster cluster(3, 1);
  const int leader = cluster.WaitForLeader();
  uint64_t done = 0, asked = 0;
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i, ++asked) {
      cluster.host(leader).Propose(kGroup, std::string(100, 'x'),
                                   [&](auto result) { done += result.ok(); });
    }
    while (done < asked) cluster.world.Step();
  }
  state.SetItemsProcessed(static_cast<int64_t>(done));
}
BENCHMARK(BM_Proposals)->Arg(1)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace quadraft::replica
