#include "core/replica/replica_host.h"

#include <optional>

#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

using Result = std::optional<StatusOr<ProposalResult>>;

auto Into(Result* result) {
  return [result](StatusOr<ProposalResult> value) {
    EXPECT_FALSE(result->has_value()) << "answered twice";
    *result = std::move(value);
  };
}
auto Into(std::optional<Status>* result) {
  return [result](Status value) {
    EXPECT_FALSE(result->has_value()) << "answered twice";
    *result = std::move(value);
  };
}

TEST(ReplicaHost, ElectsAndReplicates) {
  TestCluster cluster(3, 1);
  const int leader = cluster.WaitForLeader();
  Result result, failed;
  EXPECT_NE(cluster.host(leader).Propose(kGroup, "a", Into(&result)), LogIndex{});
  cluster.host(leader).Propose(kGroup, "fail b", Into(&failed));
  EXPECT_FALSE(result.has_value()) << "answered inside the call";
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return result.has_value() && failed.has_value(); },
                                         seconds(1)));
  ASSERT_TRUE(result->ok()) << ToString(result->status());
  EXPECT_EQ((*result)->result, "1:a");
  EXPECT_TRUE(absl::IsAborted(failed->status()));
  ASSERT_TRUE(cluster.Converge());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(cluster.machine(i).lines(), std::vector<std::string>{"a"});
    EXPECT_EQ(cluster.host(i).leader(kGroup), NodeId(leader));
    EXPECT_EQ(cluster.host(i).is_leader(kGroup), i == leader);
  }
}

TEST(ReplicaHost, OneNodeAloneLeadsAtOnce) {
  TestCluster cluster(1, 1);
  cluster.WaitForLeader(milliseconds(20));
  Result result;
  cluster.host(1).Propose(kGroup, "a", Into(&result));
  std::optional<Status> read;
  cluster.host(1).ReadBarrier(kGroup, Into(&read));
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return result.has_value() && read.has_value(); },
                                         milliseconds(50)));
  EXPECT_TRUE(result->ok());
  EXPECT_TRUE(read->ok());
}

TEST(ReplicaHost, ProposalsOfATurnShareOneAppendAndKeepTheirOrder) {
  TestCluster cluster(3, 2);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(200));
  const uint64_t appends = cluster.node(leader).log.appends();
  const uint64_t syncs = cluster.host(leader).counters().syncs;
  std::vector<uint64_t> order;
  LogIndex last = cluster.host(leader).last_index(kGroup);
  for (int i = 0; i < 1000; ++i) {
    const LogIndex index =
        cluster.host(leader).Propose(kGroup, StrCat(i), [&](StatusOr<ProposalResult> result) {
          ASSERT_TRUE(result.ok());
          EXPECT_LE(result->index, cluster.host(leader).applied_index(kGroup));
          order.push_back(result->index.value());
        });
    EXPECT_EQ(index, last.Next());
    last = index;
  }
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return order.size() == 1000; }, seconds(1)));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(cluster.node(leader).log.appends(), appends + 1);
  EXPECT_EQ(cluster.host(leader).counters().syncs, syncs + 1);
  EXPECT_LE(cluster.machine(leader).largest_batch(), Options().apply_entries_max);
}

TEST(ReplicaHost, FollowersRefuseProposals) {
  TestCluster cluster(3, 3);
  cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  Result result, unknown;
  EXPECT_EQ(cluster.host(cluster.Follower()).Propose(kGroup, "a", Into(&result)), LogIndex{});
  cluster.host(1).Propose(GroupId{99}, "a", Into(&unknown));
  cluster.world.RunFor(milliseconds(1));
  EXPECT_TRUE(absl::IsUnavailable(result->status()));
  EXPECT_TRUE(absl::IsNotFound(unknown->status()));
}

TEST(ReplicaHost, BoundsOnProposals) {
  Options options;
  options.pending_proposals_max = 3;
  options.proposal_bytes_max = 10;
  TestCluster cluster(3, 4, options);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  Result results[5], large;
  cluster.host(leader).Propose(kGroup, "12345678901", Into(&large));
  for (Result& result : results) cluster.host(leader).Propose(kGroup, "a", Into(&result));
  cluster.world.RunFor(milliseconds(100));
  EXPECT_TRUE(absl::IsInvalidArgument(large->status()));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(results[i]->ok());
  for (int i = 3; i < 5; ++i) EXPECT_TRUE(absl::IsResourceExhausted(results[i]->status()));
}

TEST(ReplicaHost, SurvivesCrashesOfTheLeader) {
  TestCluster cluster(3, 5);
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 10; ++round) {
    const int leader = cluster.WaitForLeader();
    for (int i = 0; i < 20; ++i) {
      const std::string payload = StrCat(round, "/", i);
      cluster.host(leader).Propose(kGroup, payload,
                                   [&acknowledged, payload](StatusOr<ProposalResult> result) {
                                     if (result.ok()) acknowledged.push_back(payload);
                                   });
    }
    cluster.world.RunFor(microseconds(500 * round));
    cluster.process(leader).Crash();
    ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return cluster.leader() != 0; }, seconds(2)))
        << "slow failover";
    cluster.Restart(leader);
  }
  ASSERT_TRUE(cluster.Converge());
  EXPECT_GT(acknowledged.size(), 50u);
  const auto& lines = cluster.machine(1).lines();
  for (const std::string& payload : acknowledged) {
    EXPECT_EQ(std::count(lines.begin(), lines.end(), payload), 1) << payload;
  }
}

TEST(ReplicaHost, AllCrashAtOnceAndNothingAcknowledgedIsLost) {
  TestCluster cluster(3, 6);
  size_t acknowledged = 0;
  for (int round = 0; round < 10; ++round) {
    const int leader = cluster.WaitForLeader();
    for (int i = 0; i < 20; ++i) {
      cluster.host(leader).Propose(
          kGroup, "x", [&](StatusOr<ProposalResult> result) { acknowledged += result.ok(); });
    }
    cluster.world.RunFor(microseconds(400 * round));
    for (int i = 1; i <= 3; ++i) cluster.process(i).Crash();
    for (int i = 1; i <= 3; ++i) cluster.Restart(i);
  }
  ASSERT_TRUE(cluster.Converge());
  EXPECT_GT(acknowledged, 20u);
  EXPECT_GE(cluster.machine(1).lines().size(), acknowledged);
}

TEST(ReplicaHost, ALeaderCutOffDoesNotClaimToKnow) {
  TestCluster cluster(3, 7);
  const int old_leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  cluster.CutOff(old_leader, true);
  Result result;
  std::optional<Status> read;
  cluster.host(old_leader).Propose(kGroup, "lost", Into(&result));
  cluster.host(old_leader).ReadBarrier(kGroup, Into(&read));
  ASSERT_TRUE(cluster.world.RunUntilTrue(
      [&] { return cluster.leader() != old_leader && cluster.leader() != 0; }, seconds(3)));
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return result.has_value() && read.has_value(); },
                                         seconds(5)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(result->status())) << ToString(result->status());
  EXPECT_TRUE(absl::IsUnavailable(*read)) << ToString(*read);
  EXPECT_EQ(cluster.host(old_leader).leader(kGroup), std::nullopt);
  cluster.CutOff(old_leader, false);
  EXPECT_TRUE(cluster.Converge());
}

TEST(ReplicaHost, ReadsOnAFollowerSeeWhatWasAcknowledged) {
  TestCluster cluster(3, 8);
  const int leader = cluster.WaitForLeader();
  const int follower = cluster.Follower();
  for (int i = 0; i < 50; ++i) {
    Result result;
    cluster.host(leader).Propose(kGroup, "a", Into(&result));
    ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return result.has_value(); }, seconds(1)));
    ASSERT_TRUE(result->ok());
    std::optional<Status> read;
    const Duration asked = cluster.world.now();
    cluster.host(follower).ReadBarrier(kGroup, Into(&read));
    ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return read.has_value(); }, seconds(1)));
    ASSERT_TRUE(read->ok()) << ToString(*read);
    EXPECT_EQ(cluster.machine(follower).lines().size(), static_cast<size_t>(i + 1));
    EXPECT_LT(cluster.world.now() - asked, milliseconds(20)) << "waited for a heartbeat";
  }
}

TEST(ReplicaHost, ReadsSurviveAChangeOfLeader) {
  TestCluster cluster(3, 9);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  const int follower = cluster.Follower();
  cluster.process(leader).Crash();
  std::optional<Status> read;
  cluster.host(follower).ReadBarrier(kGroup, Into(&read));
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return read.has_value(); }, seconds(3)));
  EXPECT_TRUE(read->ok()) << ToString(*read);
}

TEST(ReplicaHost, ReadsWithoutAQuorumEndUnavailable) {
  TestCluster cluster(3, 10);
  cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  const int follower = cluster.Follower();
  cluster.CutOff(follower, true);
  std::optional<Status> reads[100];
  const Duration start = cluster.world.now();
  for (auto& read : reads) cluster.host(follower).ReadBarrier(kGroup, Into(&read));
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return reads[99].has_value(); }, seconds(5)));
  for (auto& read : reads) EXPECT_TRUE(absl::IsUnavailable(*read)) << ToString(*read);
  EXPECT_NEAR((cluster.world.now() - start).count(), Duration(Options().read_timeout).count(), 1e8);
}

TEST(ReplicaHost, ManyGroupsShareSyncs) {
  constexpr int kGroups = 40;
  TestCluster cluster(3, 11, {}, kGroups);
  ASSERT_TRUE(cluster.world.RunUntilTrue(
      [&] {
        for (int g = 1; g <= kGroups; ++g) {
          if (!cluster.up(1) || !cluster.host(1).leader(GroupId(g)).has_value()) return false;
        }
        return true;
      },
      seconds(5)));
  cluster.world.RunFor(milliseconds(500));
  std::map<int, uint64_t> syncs;
  for (int i = 1; i <= 3; ++i) syncs[i] = cluster.host(i).counters().syncs;
  int done = 0;
  for (int g = 1; g <= kGroups; ++g) {
    const auto leader = cluster.host(1).leader(GroupId(g));
    ASSERT_TRUE(leader.has_value());
    cluster.host(static_cast<int>(leader->value()))
        .Propose(GroupId(g), StrCat("g", g), [&](auto result) {
          EXPECT_TRUE(result.ok());
          ++done;
        });
  }
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return done == kGroups; }, seconds(1)));
  for (int i = 1; i <= 3; ++i) EXPECT_LT(cluster.host(i).counters().syncs - syncs[i], 8u);
  for (int g = 1; g <= kGroups; ++g) {
    const auto leader = static_cast<int>(cluster.host(1).leader(GroupId(g))->value());
    EXPECT_EQ(cluster.machine(leader, g).lines(), std::vector<std::string>{StrCat("g", g)});
  }
}

TEST(ReplicaHost, AnErrorOfTheLogStopsTheHost) {
  TestCluster cluster(3, 12);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  Result result, later;
  cluster.host(leader).Propose(kGroup, "a", Into(&result));
  cluster.world.RunFor(microseconds(100));
  cluster.node(leader).log.FailFromNowOn(Unavailable("disk"));
  ASSERT_TRUE(
      cluster.world.RunUntilTrue([&] { return !cluster.node(leader).fatal.ok(); }, seconds(1)));
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(absl::IsDeadlineExceeded(result->status()));
  cluster.host(leader).Propose(kGroup, "b", Into(&later));
  cluster.world.RunFor(milliseconds(1));
  EXPECT_TRUE(absl::IsUnavailable(later->status()));
  const uint64_t sent = cluster.world.network().counters().sent;
  cluster.CutOff(leader, true);
  cluster.process(leader == 1 ? 2 : 1).Crash();
  cluster.process(leader == 3 ? 2 : 3).Crash();
  cluster.world.RunFor(seconds(2));
  EXPECT_EQ(cluster.world.network().counters().sent, sent) << "goes on after a fault";
}

TEST(ReplicaHost, AnErrorOfTheStateMachineStopsTheHost) {
  TestCluster cluster(3, 13);
  const int leader = cluster.WaitForLeader();
  cluster.machine(leader).FailFromNowOn(DataLoss("bad block"));
  Result result;
  cluster.host(leader).Propose(kGroup, "a", Into(&result));
  ASSERT_TRUE(cluster.world.RunUntilTrue([&] { return result.has_value(); }, seconds(1)));
  cluster.world.RunFor(milliseconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(result->status()));
  EXPECT_TRUE(absl::IsDataLoss(cluster.node(leader).fatal));
}

TEST(ReplicaHost, StopAnswersEverything) {
  TestCluster cluster(3, 14);
  const int leader = cluster.WaitForLeader();
  cluster.world.RunFor(milliseconds(100));
  Result result;
  std::optional<Status> read;
  cluster.host(leader).Propose(kGroup, "a", Into(&result));
  cluster.host(leader).ReadBarrier(kGroup, Into(&read));
  cluster.host(leader).Stop();
  ASSERT_TRUE(result.has_value() && read.has_value());
  EXPECT_TRUE(absl::IsDeadlineExceeded(result->status()));
  EXPECT_TRUE(absl::IsUnavailable(*read));
}

TEST(ReplicaHost, GarbageFromPeersIsCountedAndDropped) {
  TestCluster cluster(3, 15);
  cluster.WaitForLeader();
  sim::Process& sender = cluster.process(2);
  Random random(1, "garbage");
  const uint64_t before = cluster.host(1).counters().batches_invalid;
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random.Below(60), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Next());
    sender.env()->Send(NodeId{1}, i % 2 == 0 ? Channel::kRaft : Channel::kSnapshot, bytes);
  }
  cluster.world.RunFor(milliseconds(200));
  EXPECT_GT(cluster.host(1).counters().batches_invalid, before + 100);
  EXPECT_TRUE(cluster.host(1).fault().ok());
  EXPECT_TRUE(cluster.Converge());
}

TEST(ReplicaHost, RefusesAStateThatContradictsTheLog) {
  TestCluster cluster(1, 16);
  cluster.WaitForLeader();
  cluster.process(1).Crash();
  cluster.images[0].log[kGroup].snapshot_index = LogIndex{10};
  cluster.images[0].log[kGroup].entries.clear();
  cluster.Restart(1);
  cluster.world.RunFor(milliseconds(1));
  EXPECT_TRUE(absl::IsDataLoss(cluster.node(1).added)) << ToString(cluster.node(1).added);
}

TEST(ReplicaHost, AnIdleClusterIsCheap) {
  TestCluster cluster(3, 17);
  cluster.WaitForLeader();
  cluster.world.RunFor(seconds(1));
  const uint64_t before = cluster.world.events();
  cluster.world.RunFor(seconds(10));
  // Per second: 100 beats each way between the leader's node and the two others, and the timers of
  // three nodes.
  EXPECT_LT(cluster.world.events() - before, 10u * 750);
}

}  // namespace
}  // namespace quadraft::replica
