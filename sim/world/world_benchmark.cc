// bazel run -c opt //sim/world:world_benchmark
#include <memory>

#include "benchmark/benchmark.h"
#include "sim/world/world.h"

namespace quadraft::sim {
namespace {

void BM_BareEvents(benchmark::State& state) {
  World world(1);
  struct Tick {
    World* world;
    uint64_t gap;
    void operator()() { world->After(Duration(static_cast<int64_t>(gap)), Tick{world, gap}); }
  };
  for (int64_t i = 0; i < state.range(0); ++i)
    world.After(Duration(i), Tick{&world, 1000 + static_cast<uint64_t>(i)});
  for (auto _ : state) world.Step();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_BareEvents)->Arg(10)->Arg(10000);

// Processes that send each other small messages round and round.
void BM_Messages(benchmark::State& state) {
  World world(1);
  for (uint64_t id = 1; id <= 3; ++id) {
    world
        .AddProcess(
            NodeId{id}, StrCat("n", id),
            [id](Env& env) {
              env.network().OnMessage(Channel::kRaft, [&env, id](NodeId, std::string_view bytes) {
                env.network().Send(NodeId{id % 3 + 1}, Channel::kRaft, std::string(bytes));
              });
              for (int i = 0; i < 10; ++i)
                env.network().Send(NodeId{id % 3 + 1}, Channel::kRaft, std::string(100, 'x'));
              return std::make_unique<Program>();
            })
        .Start();
  }
  world.RunFor(milliseconds(10));
  for (auto _ : state) world.Step();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Messages);

}  // namespace
}  // namespace quadraft::sim
