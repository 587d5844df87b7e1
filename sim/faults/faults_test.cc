#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "sim/faults/fault.h"
#include "sim/faults/nemesis.h"

namespace quadraft::sim {
namespace {

// Three nodes that send to each other, tick, and write and sync a file.
struct Cluster {
  explicit Cluster(uint64_t seed) : world(seed), random(seed, "faults") {
    context.world = &world;
    context.random = &random;
    context.leader = [this] {
      return NodeId{1 + static_cast<uint64_t>(world.now_ns() / 300'000'000) % 3};
    };
    context.restart = [this](NodeId node, Duration delay) {
      world.process(node).StartAfter(delay);
    };
    for (uint64_t id : {1, 2, 3}) {
      context.nodes.push_back(NodeId{id});
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [this](Env& env) { return std::make_unique<Worker>(env, this); })
          .Start();
    }
    world.RunFor(milliseconds(10));
  }
  struct Worker : Program {
    Worker(Env& e, Cluster* c) : env(e), cluster(c) {
      auto opened = env.disk().Open("f", OpenMode::kAppend);
      if (opened.ok()) file = std::move(*opened);
      env.network().OnMessage(Channel::kRaft, [this](NodeId, std::string_view bytes) {
        ++cluster->received;
        const int n = std::stoi(std::string(bytes));
        if (n < cluster->last_number) ++cluster->overtaken;
        cluster->last_number = n;
      });
      Tick();
    }
    void Tick() {
      ++cluster->ticks;
      for (uint64_t to : {1, 2, 3}) {
        env.network().Send(NodeId{to}, Channel::kRaft, std::to_string(++cluster->number));
      }
      if (file) {
        if (!file->Append(std::string(100, static_cast<char>('a' + cluster->ticks % 26))).ok())
          ++cluster->disk_errors;
        if (!file->Read(0, 100).ok()) ++cluster->disk_errors;
        if (!env.disk().Open("g.tmp", OpenMode::kCreate).ok()) ++cluster->disk_errors;
        if (!env.disk().Rename("g.tmp", "g").ok()) ++cluster->disk_errors;
        if (!env.disk().SyncDirectory("").ok()) ++cluster->disk_errors;
        file->Sync([this, at = cluster->world.now_ns()](Status status) {
          if (!status.ok()) ++cluster->disk_errors;
          cluster->slowest_sync = std::max(cluster->slowest_sync, cluster->world.now_ns() - at);
        });
      }
      env.executor().RunAfter(milliseconds(5), [this] { Tick(); });
    }
    Env& env;
    Cluster* cluster;
    std::unique_ptr<File> file;
  };
  // What the counters grow by in two seconds with (and after) the fault.
  struct Growth {
    int ticks, received, overtaken, disk_errors;
    int64_t slowest_sync;
  };
  Growth Measure() {
    const Growth before{ticks, received, overtaken, disk_errors, 0};
    slowest_sync = 0;
    world.RunFor(seconds(2));
    return {ticks - before.ticks, received - before.received, overtaken - before.overtaken,
            disk_errors - before.disk_errors, slowest_sync};
  }
  World world;
  Random random;
  FaultContext context;
  int ticks = 0, received = 0, number = 0, last_number = 0, overtaken = 0, disk_errors = 0;
  int64_t slowest_sync = 0;
};

Closure BeginSomehow(Cluster& cluster, std::string_view name) {
  for (int i = 0; i < 100; ++i) {
    if (Closure stop = FindFault(name)->begin(cluster.context)) return stop;
  }
  ADD_FAILURE() << name << " never began";
  return [] {};
}

// Every fault must be seen while it is there, and be over when it has been stopped.
class EachFault : public testing::TestWithParam<std::string_view> {};

bool Visible(std::string_view name, const Cluster::Growth& now, const Cluster::Growth& healthy,
             Cluster& cluster) {
  if (name == "clock-step") {
    return std::any_of(
        cluster.context.nodes.begin(), cluster.context.nodes.end(),
        [&](NodeId node) { return cluster.world.process(node).wall_offset() != Duration(0); });
  }
  if (name == "disk-error" || name == "disk-full") return now.disk_errors > 0;
  if (name == "slow-disk") return now.slowest_sync > 5 * healthy.slowest_sync;
  if (name == "duplication") return now.received > healthy.received + 10;
  if (name == "reorder") return now.overtaken > healthy.overtaken + 50;
  if (name == "delay-burst") return now.received < healthy.received;
  return now.received < healthy.received * 9 / 10 || now.ticks < healthy.ticks * 9 / 10;
}

TEST_P(EachFault, IsSeenAndEnds) {
  Cluster cluster(11);
  const Cluster::Growth healthy = cluster.Measure();
  ASSERT_EQ(healthy.disk_errors, 0);
  Closure stop = BeginSomehow(cluster, GetParam());
  if (GetParam() == "delay-burst") {
    cluster.world.RunFor(milliseconds(1));  // What was on its way already.
    const int before = cluster.received;
    cluster.world.RunFor(milliseconds(8));
    EXPECT_EQ(cluster.received, before);
  } else {
    const Cluster::Growth faulty = cluster.Measure();
    EXPECT_TRUE(Visible(GetParam(), faulty, healthy, cluster))
        << faulty.ticks << " " << faulty.received;
  }
  stop();
  cluster.world.RunFor(seconds(3));
  const Cluster::Growth after = cluster.Measure();
  EXPECT_NEAR(after.ticks, healthy.ticks, 10);
  EXPECT_NEAR(after.received, healthy.received, 20);
  EXPECT_EQ(after.disk_errors, 0);
  for (const NodeId node : cluster.context.nodes) {
    EXPECT_EQ(cluster.world.process(node).wall_offset(), Duration(0));
  }
}

std::vector<std::string_view> Names() {
  std::vector<std::string_view> names;
  // Those of disks have tests of their own, in disk_faults_test.cc.
  static const auto& elsewhere =
      *new std::set<std::string_view>{"bit-flip", "failed-sync",  "lost-names", "misdirected-read",
                                      "no-space", "stalled-disk", "torn-write", "unsynced-loss"};
  for (const FaultRow& row : FaultTable()) {
    if (!row.breaks() && !elsewhere.contains(row.name)) names.push_back(row.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, EachFault, testing::ValuesIn(Names()), [](const auto& info) {
  std::string name(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(FaultTableTest, IsSortedAndFindable) {
  const auto& table = FaultTable();
  EXPECT_TRUE(std::is_sorted(table.begin(), table.end(),
                             [](const FaultRow& a, const FaultRow& b) { return a.name < b.name; }));
  EXPECT_EQ(FindFault("no such fault"), nullptr);
}

TEST(NemesisTest, EveryKindFiresOverManySeedsAndAllEnd) {
  std::map<std::string, uint64_t> fired;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Cluster cluster(seed);
    NemesisOptions options = NemesisOptions::Draw(cluster.random);
    for (const FaultRow& row : FaultTable()) {
      if (row.beyond_tolerance || (row.breaks() && seed % 3 == 0)) options.kinds.push_back(&row);
    }
    Nemesis nemesis(&cluster.context, DrawFaults(options, cluster.random, seconds(0), seconds(20)));
    nemesis.Start();
    cluster.world.RunFor(seconds(20));
    nemesis.StopAll();
    cluster.world.RunFor(seconds(3));
    for (const auto& [name, count] : nemesis.fired()) fired[name] += count;
    for (const NodeId a : cluster.context.nodes) {
      EXPECT_TRUE(cluster.world.process(a).running() || cluster.world.process(a).broken());
      EXPECT_FALSE(cluster.world.process(a).paused());
      for (const NodeId b : cluster.context.nodes)
        EXPECT_TRUE(cluster.world.network().Reachable(a, b));
    }
  }
  for (const FaultRow& row : FaultTable()) EXPECT_GT(fired[std::string(row.name)], 0u) << row.name;
}

// Which links an isolation cuts in the third second, with the given entries before it.
std::set<std::pair<NodeId, NodeId>> CutsOfTheLast(std::vector<FaultEntry> before) {
  Cluster cluster(5);
  cluster.context.leader = nullptr;
  before.push_back({seconds(3), seconds(1), "isolation", 77});
  Nemesis nemesis(&cluster.context, std::move(before));
  nemesis.Start();
  cluster.world.RunFor(milliseconds(3500));
  std::set<std::pair<NodeId, NodeId>> cuts;
  for (const NodeId a : cluster.context.nodes) {
    for (const NodeId b : cluster.context.nodes) {
      if (!cluster.world.network().Reachable(a, b)) cuts.insert({a, b});
    }
  }
  return cuts;
}

TEST(NemesisTest, AnEntryDrawsFromItsOwnSeedAlone) {
  const auto alone = CutsOfTheLast({});
  ASSERT_EQ(alone.size(), 4u);
  const FaultEntry cut{seconds(1), seconds(1), "one-way-cut", 4};
  const FaultEntry kill{milliseconds(1500), seconds(1), "kill", 5};
  EXPECT_EQ(CutsOfTheLast({cut}), alone);
  EXPECT_EQ(CutsOfTheLast({cut, kill}), alone);
}

TEST(NemesisTest, EntriesAreDrawnInOrderAndNoMoreAtOnceThanAllowed) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const NemesisOptions options = NemesisOptions::Draw(random);
    const auto entries = DrawFaults(options, random, seconds(1), seconds(11));
    for (size_t i = 0; i < entries.size(); ++i) {
      int there = 1;
      for (size_t j = 0; j < i; ++j) {
        EXPECT_LT(entries[j].at, entries[i].at);
        if (entries[j].at + entries[j].length > entries[i].at) ++there;
      }
      EXPECT_LE(there, options.at_once_max);
      EXPECT_GE(entries[i].at, seconds(1));
      EXPECT_LT(entries[i].at, seconds(11));
      EXPECT_FALSE(FindFault(entries[i].kind)->beyond_tolerance);
    }
  }
}

}  // namespace
}  // namespace quadraft::sim
