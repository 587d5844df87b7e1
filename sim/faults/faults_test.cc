// Every fault of the table: it is seen while it is there, counts its effects, and is over when it
// has been stopped. What is special to one family stands in <family>_faults_test.cc.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "sim/faults/fault_testing.h"
#include "sim/faults/nemesis.h"

namespace quadraft::sim {
namespace {

using Counts = FaultWorld::Counts;

class EachFault : public testing::TestWithParam<std::string_view> {};

bool Fewer(int now, int healthy) { return now < healthy * 9 / 10; }

// By kind, where it is not simply that less is received, ticked or answered.
bool Visible(std::string_view name, const Counts& now, const Counts& healthy, FaultWorld& world) {
  const auto any = [&](auto holds) {
    return std::any_of(world.context.nodes.begin(), world.context.nodes.end(),
                       [&](NodeId node) { return holds(world.world.process(node)); });
  };
  if (name == "clock-step" || name == "clock-skew") {
    return any([](const Process& p) { return p.wall_offset() != Duration(0); });
  }
  if (name == "clock-drift") return any([](const Process& p) { return p.clock_rate() != 0; });
  if (name == "slow-cpu") return any([](Process& p) { return p.event_cost() > Duration(0); });
  if (name == "disk-error" || name == "disk-full") return now.disk_errors > 0;
  if (name == "slow-disk") return now.slowest_sync_ns > 5 * healthy.slowest_sync_ns;
  if (name == "duplication") return now.received > healthy.received + 10;
  if (name == "reorder") return now.overtaken > healthy.overtaken + 50;
  if (name.starts_with("delay-")) return now.slowest_message_ns > 10'000'000;
  if (name == "swizzle-clog") return now.slowest_message_ns > 3'000'000;
  if (name == "bandwidth-limit") return world.world.network().counters().throttled > 0;
  if (name == "bit-corruption") return world.world.network().counters().corrupted > 0;
  if (name == "connection-reset" || name == "half-open") return now.streams_broken > 0;
  if (name == "stale-replay") return now.overtaken > healthy.overtaken + 10;
  if (name == "crash-loop" || name == "crash-in-recovery") return now.starts >= 2;
  if (name == "error-in-recovery") return now.starts >= 1;
  if (name == "rolling-restart") return now.starts == 3;
  if (name == "other-settings" || name == "memory-limit" || name == "mixed-versions") {
    return now.starts > 0 && !world.settings.empty();
  }
  if (name == "leader-transfer") return world.commands[ServerCommand::kTransferLeadership] > 0;
  if (name == "membership-change" || name == "contested-change")
    return world.changes > 0 && *world.context.members_changing;
  if (name == "compact-now") return world.commands[ServerCommand::kCompactLog] > 0;
  if (name == "snapshot-now") return world.commands[ServerCommand::kSnapshot] > 0;
  return Fewer(now.received, healthy.received) || Fewer(now.ticks, healthy.ticks) ||
         Fewer(now.echoes, healthy.echoes);
}

TEST_P(EachFault, IsSeenCountedAndEnds) {
  FaultWorld world(11);
  const Counts healthy = world.Measure();
  ASSERT_EQ(healthy.disk_errors, 0);
  ASSERT_EQ(healthy.streams_broken, 0);
  ASSERT_GT(healthy.echoes, 500);
  Closure stop = world.Begin(GetParam());
  if (GetParam() == "crash-at-event") {  // It takes up to 3000 events.
    world.world.RunUntilTrue([&] { return world.effects() > 0; }, seconds(60));
  }
  const Counts faulty = world.Measure();
  EXPECT_TRUE(Visible(GetParam(), faulty, healthy, world))
      << faulty.ticks << " " << faulty.received << " " << faulty.echoes;
  stop();
  EXPECT_GT(world.effects(), 0u);
  world.world.RunFor(seconds(10));
  const Counts after = world.Measure();
  EXPECT_NEAR(after.ticks, healthy.ticks, 10);
  EXPECT_NEAR(after.received, healthy.received, 20);
  EXPECT_NEAR(after.echoes, healthy.echoes, 20);
  EXPECT_EQ(after.streams_broken, 0);
  EXPECT_EQ(after.disk_errors, 0);
  EXPECT_EQ(after.starts, 0);
  EXPECT_EQ(world.restores > 0, world.changes > 0);
  for (const NodeId node : world.context.nodes) {
    const Process& process = world.world.process(node);
    EXPECT_EQ(process.wall_offset(), Duration(0));
    EXPECT_EQ(process.clock_rate(), 0);
    EXPECT_EQ(process.event_cost(), Duration(0));
  }
}

std::vector<std::string_view> Names() {
  std::vector<std::string_view> names;
  // Those of disks have tests of their own, in disk_faults_test.cc.
  static const auto& elsewhere = *new std::set<std::string_view>{
      "bit-flip", "crash-at-name",   "failed-sync",  "lost-names", "misdirected-read",
      "no-space", "reordered-names", "stalled-disk", "torn-write", "unsynced-loss"};
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

// Where nodes rest on a bound, every clock goes astray, and none beyond it; in lengths as they see them.
TEST(ClockFaults, StayInsideABoundThatNodesRestOn) {
  constexpr int64_t kBound = 100'000;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    FaultWorld world(seed);
    world.context.clock_drift_ppm_max = kBound;
    EXPECT_EQ(FindFault("clock-freeze")->begin(world.context), nullptr);
    Closure stop = world.Begin("clock-drift");
    ASSERT_NE(stop, nullptr);
    std::map<NodeId, Duration> before;
    for (const NodeId node : world.context.nodes) {
      EXPECT_NE(world.world.process(node).clock_rate(), 0);
      before[node] = world.world.process(node).local_time();
    }
    constexpr Duration kLong = seconds(10);
    world.world.RunFor(kLong);
    for (const NodeId node : world.context.nodes) {
      const Duration counted = world.world.process(node).local_time() - before[node];
      EXPECT_GE(counted, kLong * (1'000'000 - kBound) / 1'000'000);
      EXPECT_LE(counted, kLong * (1'000'000 + kBound) / 1'000'000);
      EXPECT_GE(counted > kLong ? counted - kLong : kLong - counted, kLong * kBound / 2'100'000);
    }
    stop();
    EXPECT_GT(world.effects(), 0u);
  }
}

TEST(NemesisTest, EveryKindFiresOverManySeedsAndAllEnd) {
  std::map<std::string, uint64_t> fired;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    FaultWorld world(seed);
    NemesisOptions options = NemesisOptions::Draw(world.random);
    for (const FaultRow& row : FaultTable()) {
      if (row.beyond_tolerance || (row.breaks() && seed % 3 == 0)) options.kinds.push_back(&row);
    }
    Nemesis nemesis(&world.context, DrawFaults(options, world.random, seconds(0), seconds(20)));
    nemesis.Start();
    world.world.RunFor(seconds(20));
    nemesis.StopAll();
    world.world.RunFor(seconds(3));
    for (const auto& [name, count] : nemesis.fired()) fired[name] += count;
    for (const NodeId a : world.context.nodes) {
      EXPECT_TRUE(world.world.process(a).running() || world.world.process(a).broken());
      EXPECT_FALSE(world.world.process(a).paused());
      for (const NodeId b : world.context.nodes) EXPECT_TRUE(world.world.network().Reachable(a, b));
      for (const NodeId c : world.context.clients) {
        EXPECT_TRUE(world.world.network().Reachable(a, c));
        EXPECT_TRUE(world.world.network().Reachable(c, a));
      }
    }
  }
  for (const FaultRow& row : FaultTable()) EXPECT_GT(fired[std::string(row.name)], 0u) << row.name;
}

// Which links an isolation cuts in the third second, with the given entries before it.
std::set<std::pair<NodeId, NodeId>> CutsOfTheLast(std::vector<FaultEntry> before) {
  FaultWorld cluster(5);
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

// A cut that nothing runs into has no effect, and a fault without effect has not fired.
TEST(NemesisTest, AFaultWithoutEffectHasNotFired) {
  World world(1);
  Random random(1, "faults");
  FaultContext context;
  context.world = &world;
  context.random = &random;
  for (uint64_t id : {1, 2}) {
    context.nodes.push_back(NodeId{id});
    world.AddProcess(NodeId{id}, StrCat("n", id), [](Env&) { return std::make_unique<Program>(); })
        .Start();
  }
  NemesisOptions options;
  options.kinds = {FindFault("isolation"), FindFault("loss-burst"), FindFault("pause")};
  Nemesis nemesis(&context, DrawFaults(options, random, seconds(0), seconds(60)));
  nemesis.Start();
  world.RunFor(seconds(60));
  nemesis.StopAll();
  EXPECT_TRUE(nemesis.fired().empty());
}

}  // namespace
}  // namespace quadraft::sim
