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

// Three nodes with so many groups each, all of which sleep: CPU is what a virtual second of all
// three takes (a third of it by one node; of a core at 1000 ms), the simulated network included.
// messages: sent by all nodes in a second.
void BM_SleepingGroups(benchmark::State& state) {
  const size_t groups = static_cast<size_t>(state.range(0));
  TestCluster cluster(3, 1, {}, static_cast<int>(groups));
  const bool asleep = cluster.world.RunUntilTrue(
      [&] {
        for (int i = 1; i <= 3; ++i) {
          if (!cluster.up(i) || cluster.host(i).sleeping_groups() < groups) return false;
        }
        return true;
      },
      seconds(60));
  if (!asleep) return state.SkipWithError("not all groups sleep");
  const uint64_t sent = cluster.world.network().counters().sent;
  for (auto _ : state) cluster.world.RunFor(seconds(1));
  const auto seconds_run = static_cast<double>(state.iterations());
  state.counters["messages"] =
      static_cast<double>(cluster.world.network().counters().sent - sent) / seconds_run;
}
BENCHMARK(BM_SleepingGroups)->Arg(1)->Arg(1000)->Arg(50000)->Unit(benchmark::kMillisecond);

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
