// Compaction, and snapshots to followers that the log no longer reaches.
#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

Options SmallLog() {
  Options options;
  options.retained_entries_max = 100;
  options.snapshot_chunk_bytes = 200;
  return options;
}

// `count` proposals, in steps, all to be acknowledged.
void Write(TestCluster& cluster, int count) {
  int done = 0;
  for (int i = 0; i < count; ++i) {
    const int leader = cluster.WaitForLeader();
    cluster.host(leader).Propose(kGroup, StrCat("line ", i),
                                 [&](StatusOr<ProposalResult> result) { done += result.ok(); });
    if (i % 10 == 9) cluster.world.RunFor(milliseconds(5));
  }
  EXPECT_TRUE(cluster.world.RunUntilTrue([&] { return done == count; }, seconds(5)))
      << done << " of " << count;
}

TEST(ReplicaSnapshot, TheLogStaysBounded) {
  TestCluster cluster(3, 1, SmallLog());
  Write(cluster, 2000);
  ASSERT_TRUE(cluster.Converge());
  for (int i = 1; i <= 3; ++i) {
    const GroupStatus status = cluster.host(i).status(kGroup);
    EXPECT_LE(status.retained_entries, 200u);
    EXPECT_GT(status.counters.compactions, 5u);
    EXPECT_LE(cluster.images[i - 1].log[kGroup].entries.size(), 220u);
  }
  // And the state comes back after a crash of all.
  for (int i = 1; i <= 3; ++i) cluster.process(i).Crash();
  for (int i = 1; i <= 3; ++i) cluster.Restart(i);
  ASSERT_TRUE(cluster.Converge());
  EXPECT_EQ(cluster.machine(1).lines().size(), 2000u);
}

TEST(ReplicaSnapshot, ALaggingFollowerGetsASnapshot) {
  TestCluster cluster(3, 2, SmallLog());
  cluster.WaitForLeader();
  const int follower = cluster.Follower();
  cluster.process(follower).Crash();
  Write(cluster, 1000);
  cluster.Restart(follower);
  ASSERT_TRUE(cluster.Converge(seconds(5)));
  EXPECT_EQ(cluster.machine(follower).lines().size(), 1000u);
  EXPECT_EQ(cluster.host(follower).counters().snapshots_installed, 1u);
  cluster.world.RunFor(milliseconds(10));  // The leader hears of it.
  EXPECT_EQ(cluster.host(cluster.leader()).counters().snapshots_sent, 1u);
  // What was installed is durable.
  cluster.process(follower).Crash();
  cluster.Restart(follower);
  ASSERT_TRUE(cluster.Converge(seconds(5)));
  EXPECT_EQ(cluster.host(follower).counters().snapshots_installed, 0u);
}

TEST(ReplicaSnapshot, SurvivesLossReorderingAndDuplication) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    TestCluster cluster(3, seed, SmallLog());
    cluster.WaitForLeader();
    const int follower = cluster.Follower();
    cluster.process(follower).Crash();
    Write(cluster, 1000);
    cluster.world.network().AddConditions(
        {.jitter = milliseconds(5), .loss_ppm = 100'000, .duplicate_ppm = 50'000});
    cluster.Restart(follower);
    ASSERT_TRUE(cluster.Converge(seconds(60)));
    EXPECT_GE(cluster.host(follower).counters().snapshots_installed, 1u);
  }
}

TEST(ReplicaSnapshot, SurvivesCrashesOfBothEnds) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Options options = SmallLog();
    options.snapshot_bytes_per_second_max = 100'000;  // About 100 ms for the whole.
    TestCluster cluster(3, seed, options);
    cluster.WaitForLeader();
    const int follower = cluster.Follower();
    cluster.process(follower).Crash();
    Write(cluster, 1000);
    cluster.Restart(follower);
    Random random(seed, "crashes");
    for (int round = 0; round < 5; ++round) {
      cluster.world.RunFor(milliseconds(random.Between(50, 700)));
      const int victim = random.OneIn(2) ? follower : cluster.leader();
      if (victim == 0 || !cluster.up(victim)) continue;
      cluster.process(victim).Crash();
      cluster.world.RunFor(milliseconds(random.Between(1, 100)));
      cluster.Restart(victim);
    }
    ASSERT_TRUE(cluster.Converge(seconds(60)));
    EXPECT_EQ(cluster.machine(follower).lines().size(), 1000u);
  }
}

TEST(ReplicaSnapshot, AStreamThatGoesSilentIsForgotten) {
  Options options = SmallLog();
  options.snapshot_bytes_per_second_max = 1000;
  options.snapshot_idle_timeout = seconds(2);
  TestCluster cluster(3, 4, options);
  cluster.WaitForLeader();
  const int follower = cluster.Follower();
  cluster.process(follower).Crash();
  Write(cluster, 1000);
  cluster.Restart(follower);
  cluster.world.RunFor(seconds(1));
  cluster.CutOff(follower, true);
  const uint64_t events = cluster.world.events();
  cluster.world.RunFor(seconds(10));
  EXPECT_LT(cluster.world.events() - events, 10'000u) << "a timer spins";
  cluster.CutOff(follower, false);
  ASSERT_TRUE(cluster.Converge(seconds(60)));
}

TEST(ReplicaSnapshot, ProgressShowsAtBothEnds) {
  Options options = SmallLog();
  options.snapshot_bytes_per_second_max = 10'000;  // About a second for the whole.
  TestCluster cluster(3, 7, options);
  cluster.WaitForLeader();
  const int follower = cluster.Follower();
  cluster.process(follower).Crash();
  Write(cluster, 1000);
  cluster.Restart(follower);
  uint64_t sent = 0, received = 0;
  int steps = 0;
  const auto look = [&] {
    if (!cluster.up(follower) || cluster.leader() == 0) return false;
    const GroupStatus in = cluster.host(follower).status(kGroup);
    const GroupStatus out = cluster.host(cluster.leader()).status(kGroup);
    if (in.snapshot_receiving && in.snapshot_received_bytes > received) ++steps;
    EXPECT_EQ(in.snapshot_receiving || in.snapshot_received_bytes == 0, true);
    EXPECT_LE(out.snapshot_sent_bytes, std::max(received, in.snapshot_received_bytes));
    received = std::max(received, in.snapshot_received_bytes);
    sent = std::max(sent, out.snapshot_sent_bytes);
    return cluster.host(follower).counters().snapshots_installed > 0;
  };
  for (int i = 0; i < 1000 && !look(); ++i) cluster.world.RunFor(milliseconds(20));
  EXPECT_GT(steps, 10);
  EXPECT_GT(sent, received / 2);
  ASSERT_TRUE(cluster.Converge(seconds(5)));
  cluster.world.RunFor(milliseconds(10));
  EXPECT_FALSE(cluster.host(follower).status(kGroup).snapshot_receiving);
  EXPECT_EQ(cluster.host(cluster.leader()).status(kGroup).snapshots_sending, 0u);
}

TEST(ReplicaSnapshot, RecoversBetweenInstallAndMark) {
  TestCluster cluster(3, 3, SmallLog());
  cluster.WaitForLeader();
  const int follower = cluster.Follower();
  cluster.process(follower).Crash();
  const RecoveredGroup old_log = cluster.images[follower - 1].log[kGroup];
  Write(cluster, 1000);
  cluster.Restart(follower);
  ASSERT_TRUE(cluster.Converge(seconds(5)));
  cluster.process(follower).Crash();
  // As if the crash had come after the state was replaced and before the log heard of it.
  cluster.images[follower - 1].log[kGroup] = old_log;
  cluster.Restart(follower);
  ASSERT_TRUE(cluster.Converge(seconds(5)));
  EXPECT_EQ(cluster.machine(follower).lines().size(), 1000u);
}

}  // namespace
}  // namespace quadraft::replica
