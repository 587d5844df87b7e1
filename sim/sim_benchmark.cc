// How fast the simulator is, on one core:
//   bazel run -c opt //sim:benchmark
// BM_BareEvents, BM_Messages (sim/world): items_per_second are events. BM_FiveNodes: five whole
// nodes (Raft, log, LevelDB, SPARQL over HTTP) with all clients of a scenario and every fault of
// the table; `simulated_over_real` is virtual time over CPU time, `operations` are clients'
// operations per virtual second; a number behind the name: each client thinks so many milliseconds at
// most, not those that the seed draws. BM_ThousandNodes: 1,000 hosts with real logs, groups of three
// spread over them, a tenth of the groups busy; items_per_second are virtual seconds.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/base/check.h"
#include "core/base/strings.h"
#include "core/replica/replica_host.h"
#include "core/replica/testing/memory_store.h"
#include "sim/explore/run.h"
#include "sim/world/world.h"
#include "store/log/write_ahead_log.h"

namespace quadraft::sim {
namespace {

// The numbers of "ok 812, fail 33, unknown 9", together.
uint64_t CountOperations(const std::string& summary) {
  uint64_t total = 0, number = 0;
  for (const char c : summary + " ") {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<uint64_t>(c - '0');
    } else {
      total += number;
      number = 0;
    }
  }
  return total;
}

void FiveNodes(benchmark::State& state, const std::string& scenario, int64_t seconds,
               int64_t think_ms = 0) {
  uint64_t seed = 1, events = 0, operations = 0;
  int64_t sim_ns = 0;
  for (auto _ : state) {
    RunOptions options{.scenario = scenario, .seed = seed++, .nodes = 5, .seconds = seconds};
    auto tape = std::make_shared<Tape>(DrawTape(options));
    if (think_ms > 0) QR_CHECK(tape->settings.Set(StrCat(scenario, ".think-ms"), think_ms).ok());
    options.tape = std::move(tape);
    const RunReport report = RunScenario(options);
    if (!report.violation.empty()) {
      state.SkipWithError(report.violation.c_str());
      return;
    }
    events += report.events;
    sim_ns += report.sim_ns;
    operations += CountOperations(report.operations);
  }
  const double sim_seconds = static_cast<double>(sim_ns) / 1e9;
  state.counters["simulated_over_real"] =
      benchmark::Counter(sim_seconds, benchmark::Counter::kIsRate);
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["operations"] = static_cast<double>(operations) / sim_seconds;
}
BENCHMARK_CAPTURE(FiveNodes, register, "register", 60)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(FiveNodes, register_200, "register", 60, 200)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(FiveNodes, register_1000, "register", 60, 1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(FiveNodes, log, "log", 60)->Unit(benchmark::kMillisecond);

constexpr int kHosts = 1000;
constexpr int kGroups = 1000;
constexpr int kReplicas = 3;
constexpr int kBusyOneIn = 10;
constexpr Duration kGap = milliseconds(100);  // Between two proposals to a busy group.

struct Placement {
  std::vector<std::vector<NodeId>> voters;  // By group.
  std::vector<std::vector<int>> groups;     // By host.
};

Placement Place(Random& random) {
  Placement placement;
  placement.voters.resize(kGroups);
  placement.groups.resize(kHosts);
  for (int group = 0; group < kGroups; ++group) {
    std::vector<NodeId>& voters = placement.voters[group];
    while (voters.size() < kReplicas) {
      const int host = static_cast<int>(random.Below(kHosts));
      const NodeId id(host + 1);
      if (std::find(voters.begin(), voters.end(), id) != voters.end()) continue;
      voters.push_back(id);
      placement.groups[host].push_back(group);
    }
  }
  return placement;
}

class HostProgram : public Program {
 public:
  HostProgram(Env& env, NodeId self, const Placement& placement, replica::MemoryImage* image,
              uint64_t* committed)
      : env_(env), committed_(*committed) {
    log_ = std::move(*store::WriteAheadLog::Open(env, "log", {}));
    host_ = std::make_unique<replica::ReplicaHost>(env, self, *log_, replica::Options{});
    for (const int group : placement.groups[self.value() - 1]) {
      const GroupId id(group + 1);
      machines_.push_back(std::make_unique<replica::MemoryStateMachine>(image, id));
      const Status added = host_->AddGroup(id, placement.voters[group], machines_.back().get());
      if (!added.ok()) env.Log(LogLevel::kError, ToString(added));
      if (group % kBusyOneIn == 0) Propose(id);
    }
    host_->Start();
  }
  ~HostProgram() override { host_->Stop(); }

 private:
  void Propose(GroupId group) {
    env_.executor().RunAfter(kGap, [this, group] {
      if (host_->is_leader(group)) {
        host_->Propose(group, std::string(100, 'x'),
                       [this](const StatusOr<replica::ProposalResult>& result) {
                         committed_ += result.ok() ? 1 : 0;
                       });
      }
      Propose(group);
    });
  }

  Env& env_;
  uint64_t& committed_;
  std::unique_ptr<store::WriteAheadLog> log_;
  std::vector<std::unique_ptr<replica::MemoryStateMachine>> machines_;
  std::unique_ptr<replica::ReplicaHost> host_;
};

void BM_ThousandNodes(benchmark::State& state) {
  // All of this outlives the hosts, which are the world's.
  uint64_t committed = 0;
  Random random(1, "placement");
  const Placement placement = Place(random);
  std::vector<replica::MemoryImage> images(kHosts);
  World world(1);
  for (int i = 0; i < kHosts; ++i) {
    const NodeId id(i + 1);
    world.AddProcess(id, StrCat("n", i), [&placement, &images, &committed, id](Env& env) {
      return std::make_unique<HostProgram>(env, id, placement, &images[id.value() - 1], &committed);
    });
    world.process(id).Start();
  }
  world.RunFor(seconds(5));  // Leaders are elected.
  const uint64_t events_before = world.events(), committed_before = committed;
  for (auto _ : state) world.RunFor(seconds(1));
  state.SetItemsProcessed(state.iterations());
  state.counters["events"] = benchmark::Counter(static_cast<double>(world.events() - events_before),
                                                benchmark::Counter::kIsRate);
  state.counters["commits_per_simulated_second"] =
      static_cast<double>(committed - committed_before) / static_cast<double>(state.iterations());
  if (committed == committed_before) state.SkipWithError("no group commits anything");
}
BENCHMARK(BM_ThousandNodes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quadraft::sim
