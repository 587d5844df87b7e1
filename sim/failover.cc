// How long a group is without a leader when its leader dies, and whether one is replaced that
// lives:
//   bazel run //sim:failover -- [--seeds N (300)] [--calm-seconds S (600)] [--limit-ms MS]
// Real hosts and logs in the simulated world, default options, one group.
//
// Failover: per seed one power failure of the leader at a random moment; the time from there to the
// next write that is acknowledged, by a client that asks whoever says that it leads, every 5 ms. In
// four networks: a LAN (150 to 500 us one way), of three and of five nodes; a slow one (20 to 30 ms
// one way); and a LAN whose group sleeps until then.
// Needless elections: nobody dies; a long run with jitter, with slow processors, with messages that
// are lost, and what campaigns there were.
// --limit-ms: the exit status is 1 when the LAN's p99 is above it, or when there was an election.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "core/replica/replica_host.h"
#include "core/replica/testing/memory_store.h"
#include "sim/world/world.h"
#include "store/log/write_ahead_log.h"

namespace quadraft::sim {
namespace {

constexpr GroupId kGroup{1};
constexpr Duration kClientRetry = milliseconds(5);
constexpr Duration kWriteGap = milliseconds(50);  // While all is well.

class Node : public Program {
 public:
  Node(Env& env, NodeId self, const std::vector<NodeId>& voters, replica::MemoryImage* image)
      : machine_(image, kGroup) {
    log_ = std::move(*store::WriteAheadLog::Open(env, "log", {}));
    host_ = std::make_unique<replica::ReplicaHost>(env, self, *log_, replica::Options{});
    QR_CHECK(host_->AddGroup(kGroup, voters, &machine_).ok());
    host_->Start();
  }
  ~Node() override { host_->Stop(); }
  replica::ReplicaHost& host() { return *host_; }

 private:
  std::unique_ptr<store::WriteAheadLog> log_;
  replica::MemoryStateMachine machine_;
  std::unique_ptr<replica::ReplicaHost> host_;
};

struct Setting {
  std::string_view name;
  int nodes = 3;
  NetworkConditions network = NetworkOptions().base;
  bool idle = false;       // No writes before the crash.
  Duration event_cost{0};  // Of each event of each process.
  bool lan = false;        // --limit-ms is meant for it.
};

class Group {
 public:
  Group(const Setting& setting, uint64_t seed)
      : images_(setting.nodes), world_(seed, {.network = {.base = setting.network}}) {
    std::vector<NodeId> voters;
    for (int i = 1; i <= setting.nodes; ++i) voters.push_back(NodeId(i));
    for (const NodeId id : voters) {
      Process& process = world_.AddProcess(id, StrCat("n", id), [this, id, voters](Env& env) {
        return std::make_unique<Node>(env, id, voters, &images_[id.value() - 1]);
      });
      process.SetEventCost(setting.event_cost);
      process.Start();
    }
  }
  World& world() { return world_; }
  // Null: down.
  replica::ReplicaHost* host(NodeId id) {
    Process& process = world_.process(id);
    if (!process.running() || process.program() == nullptr) return nullptr;
    return &static_cast<Node*>(process.program())->host();
  }
  // Who leads in the highest term, as far as it knows itself.
  NodeId Leader() {
    NodeId best;
    RaftTerm term;
    for (size_t i = 1; i <= images_.size(); ++i) {
      replica::ReplicaHost* const h = host(NodeId(i));
      if (h == nullptr || h->raft(kGroup).role() != raft::Role::kLeader) continue;
      if (h->raft(kGroup).term() > term) best = NodeId(i), term = h->raft(kGroup).term();
    }
    return best;
  }
  // Asks every kClientRetry until `until` acknowledgements have come or `limit` has passed.
  bool Write(uint64_t until, Duration limit) {
    const Duration end = world_.now() + limit;
    const uint64_t from = acknowledged_;
    while (acknowledged_ < from + until && world_.now() < end) {
      const NodeId leader = Leader();
      if (leader != NodeId{}) {
        host(leader)->Propose(kGroup, "x",
                              [this](const auto& result) { acknowledged_ += result.ok() ? 1 : 0; });
      }
      const Duration next = world_.now() + kClientRetry;
      const bool enough =
          world_.RunUntilTrue([&] { return acknowledged_ >= from + until; }, kClientRetry);
      if (!enough) world_.RunUntil(next);
    }
    return acknowledged_ >= from + until;
  }
  uint64_t Campaigns() {
    uint64_t campaigns = 0;
    for (size_t i = 1; i <= images_.size(); ++i) {
      if (auto* h = host(NodeId(i))) campaigns += h->raft(kGroup).counters().campaigns;
    }
    return campaigns;
  }

 private:
  std::vector<replica::MemoryImage> images_;  // Outlive the world.
  uint64_t acknowledged_ = 0;
  World world_;
};

double Ms(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

// The time to the next write; the limit when there was none.
Duration Failover(const Setting& setting, uint64_t seed) {
  constexpr Duration kLimit = seconds(30);
  Group group(setting, seed);
  Random random(seed, "failover");
  World& world = group.world();
  QR_CHECK(group.Write(1, kLimit)) << setting.name << ", seed " << seed << ": no first write";
  const Duration crash = world.now() + seconds(3) + microseconds(random.Between(0, 1'000'000));
  if (setting.idle) {
    world.RunUntil(crash);
  } else {
    while (world.now() < crash) {
      group.Write(1, crash - world.now());
      world.RunUntil(std::min(world.now() + kWriteGap, crash));
    }
  }
  const NodeId leader = group.Leader();
  QR_CHECK(leader != NodeId{}) << setting.name << ", seed " << seed << ": no leader";
  world.process(leader).Crash();
  const Duration died = world.now();
  group.Write(1, kLimit);
  return world.now() - died;
}

// True: within the limit, or none is given.
bool MeasureFailover(const Setting& setting, uint64_t seeds, int64_t limit_ms) {
  std::vector<Duration> times;
  for (uint64_t seed = 1; seed <= seeds; ++seed) times.push_back(Failover(setting, seed));
  std::sort(times.begin(), times.end());
  const Duration p99 = times[times.size() * 99 / 100];
  std::printf("%-34s %6llu %9.1f %9.1f %9.1f %9.1f\n", std::string(setting.name).c_str(),
              static_cast<unsigned long long>(seeds), Ms(times[times.size() / 2]),
              Ms(times[times.size() * 9 / 10]), Ms(p99), Ms(times.back()));
  std::fflush(stdout);
  return limit_ms == 0 || !setting.lan || p99 <= milliseconds(limit_ms);
}

bool MeasureCalm(const Setting& setting, int64_t calm_seconds, uint64_t seed) {
  Group group(setting, seed);
  QR_CHECK(group.Write(1, seconds(30))) << setting.name << ": no first write";
  group.world().RunFor(seconds(2));
  const uint64_t before = group.Campaigns();
  const Duration end = group.world().now() + seconds(calm_seconds);
  Duration worst{0};
  while (group.world().now() < end) {
    for (const NodeId id : {NodeId(1), NodeId(2), NodeId(3)}) {
      worst = std::max(worst, group.host(id)->raft(kGroup).election_timeout());
    }
    if (!setting.idle) group.Write(1, seconds(1));
    group.world().RunFor(setting.idle ? seconds(1) : kWriteGap);
  }
  const uint64_t campaigns = group.Campaigns() - before;
  std::printf("%-34s %6lld %9llu %9.1f\n", std::string(setting.name).c_str(),
              static_cast<long long>(calm_seconds), static_cast<unsigned long long>(campaigns),
              Ms(worst));
  std::fflush(stdout);
  return campaigns == 0;
}

int Main(int argc, char** argv) {
  uint64_t seeds = 300;
  int64_t calm_seconds = 600, limit_ms = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const int64_t value = std::atoll(argv[i + 1]);
    if (flag == "--seeds" && value > 0) seeds = static_cast<uint64_t>(value);
    if (flag == "--calm-seconds") calm_seconds = value;
    if (flag == "--limit-ms") limit_ms = value;
  }
  bool good = true;
  const NetworkConditions lan = NetworkOptions().base;
  NetworkConditions slow = lan, jitter = lan, spikes = lan, lossy = lan;
  slow.delay = milliseconds(20), slow.jitter = milliseconds(10);
  jitter.jitter = milliseconds(15);
  spikes.spike_ppm = 20'000, spikes.spike_max = milliseconds(200);
  lossy.loss_ppm = 50'000;
  std::printf("%-34s %6s %9s %9s %9s %9s\n", "failover", "seeds", "p50 ms", "p90 ms", "p99 ms",
              "worst ms");
  for (const Setting& setting :
       std::vector<Setting>{{.name = "LAN, 3 nodes", .lan = true},
                            {.name = "LAN, 5 nodes", .nodes = 5, .lan = true},
                            {.name = "20 to 30 ms one way, 3 nodes", .network = slow},
                            {.name = "LAN, 3 nodes, nothing written", .idle = true, .lan = true}}) {
    good &= MeasureFailover(setting, seeds, limit_ms);
  }
  std::printf("%-34s %6s %9s %9s\n", "nobody dies", "s", "elections", "T at most");
  for (const Setting& setting :
       std::vector<Setting>{{.name = "LAN"},
                            {.name = "LAN, nothing written", .idle = true},
                            {.name = "jitter of 15 ms", .network = jitter},
                            {.name = "2 % late by up to 200 ms", .network = spikes},
                            {.name = "5 % lost", .network = lossy},
                            {.name = "20 to 30 ms one way", .network = slow},
                            {.name = "each event takes 300 us", .event_cost = microseconds(300)},
                            {.name = "each event takes 1 ms, jitter",
                            .network = jitter,
                            .event_cost = milliseconds(1)}}) {
    good &= MeasureCalm(setting, calm_seconds, 1);
  }
  return good || limit_ms == 0 ? 0 : 1;
}

}  // namespace
}  // namespace quadraft::sim

int main(int argc, char** argv) { return quadraft::sim::Main(argc, argv); }
