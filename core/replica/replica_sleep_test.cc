// Groups that sleep on their hosts: what they cost, and who wakes them.
#include <algorithm>

#include "core/replica/testing/test_cluster.h"

namespace quadraft::replica {
namespace {

class Sleep : public testing::Test {
 protected:
  void Make(int size, int groups, uint64_t seed, Options options = {}) {
    groups_ = groups;
    cluster_ = std::make_unique<TestCluster>(size, seed, options, groups);
    cluster_->world.RunFor(milliseconds(1));  // All are up.
  }
  const raft::Raft& raft(int node, int group) { return cluster_->host(node).raft(GroupId(group)); }
  int LeaderOf(int group) {
    int best = 0;
    for (int i = 1; i <= cluster_->size(); ++i) {
      if (!cluster_->up(i) || raft(i, group).role() != raft::Role::kLeader) continue;
      if (best == 0 || raft(i, group).term() > raft(best, group).term()) best = i;
    }
    return best;
  }
  bool AllLed(int except = 0) {
    for (int group = 1; group <= groups_; ++group) {
      const int leader = LeaderOf(group);
      if (leader == 0 || leader == except) return false;
    }
    return true;
  }
  bool AllSleep() {
    for (int i = 1; i <= cluster_->size(); ++i) {
      if (cluster_->up(i) && cluster_->host(i).sleeping_groups() != static_cast<size_t>(groups_))
        return false;
    }
    return true;
  }
  bool WaitForSleep(Duration limit = seconds(10)) {
    return cluster_->world.RunUntilTrue([this] { return AllSleep(); }, limit);
  }
  uint64_t Sum(uint64_t raft::Counters::*counter) {
    uint64_t sum = 0;
    for (int i = 1; i <= cluster_->size(); ++i) {
      if (!cluster_->up(i)) continue;
      for (int g = 1; g <= groups_; ++g) sum += raft(i, g).counters().*counter;
    }
    return sum;
  }
  uint64_t Messages() {
    uint64_t sum = 0;
    for (int i = 1; i <= cluster_->size(); ++i) {
      if (cluster_->up(i)) sum += cluster_->host(i).counters().messages_received;
    }
    return sum;
  }
  bool Writes(int group, Duration limit = seconds(5)) {
    bool done = false;
    const Duration end = cluster_->world.now() + limit;
    while (!done && cluster_->world.now() < end) {
      if (const int leader = LeaderOf(group); leader != 0) {
        cluster_->host(leader).Propose(GroupId(group), "w",
                                       [&done](auto result) { done |= result.ok(); });
      }
      cluster_->world.RunFor(milliseconds(20));
    }
    cluster_->world.RunFor(milliseconds(200));  // No callback outlives `done`.
    return done;
  }

  int groups_ = 0;
  std::unique_ptr<TestCluster> cluster_;
};

TEST_F(Sleep, ManyGroupsSayNoMoreThanOne) {
  uint64_t sent[2];
  for (const int groups : {1, 300}) {
    Make(3, groups, 1);
    ASSERT_TRUE(WaitForSleep());
    const uint64_t before = cluster_->world.network().counters().sent, words = Messages();
    cluster_->world.RunFor(seconds(10));
    EXPECT_TRUE(AllSleep());
    EXPECT_EQ(Messages(), words);
    sent[groups > 1] = cluster_->world.network().counters().sent - before;
    // 100 a second between two nodes, each way.
    EXPECT_LE(sent[groups > 1], 6u * 10 * 101);
  }
  EXPECT_LE(sent[1], 2 * sent[0]) << "three pairs of nodes share groups, not two";
}

TEST_F(Sleep, AWriteWakesItsGroupAlone) {
  Make(3, 20, 2);
  ASSERT_TRUE(WaitForSleep());
  ASSERT_TRUE(Writes(7));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(cluster_->host(i).sleeping_groups(), 19u);
  EXPECT_TRUE(WaitForSleep());
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(cluster_->machine(i, 7).lines().size(), 1u);
}

TEST_F(Sleep, AReadAtAFollowerIsAnswered) {
  Make(3, 1, 3);
  ASSERT_TRUE(WaitForSleep());
  Status read = Unavailable("not answered");
  cluster_->host(cluster_->Follower()).ReadBarrier(kGroup, [&](Status status) { read = status; });
  cluster_->world.RunFor(milliseconds(100));
  EXPECT_TRUE(read.ok()) << ToString(read);
}

TEST_F(Sleep, ADeadNodesGroupsElectOneAfterTheOther) {
  constexpr int kGroups = 1000;
  Make(3, kGroups, 4);
  ASSERT_TRUE(WaitForSleep());
  int led = 0;
  for (int g = 1; g <= kGroups; ++g) led += LeaderOf(g) == 1;
  ASSERT_GT(led, 100);
  cluster_->process(1).Crash();
  const uint64_t campaigns = Sum(&raft::Counters::campaigns);
  uint64_t busiest = 0, seen = campaigns;
  const Duration died = cluster_->world.now();
  while (!AllLed(1) && cluster_->world.now() < died + seconds(10)) {
    cluster_->world.RunFor(milliseconds(10));
    const uint64_t now = Sum(&raft::Counters::campaigns);
    busiest = std::max(busiest, now - std::exchange(seen, now));
  }
  EXPECT_TRUE(AllLed(1));
  EXPECT_LT(cluster_->world.now() - died, milliseconds(1500));
  // Two nodes begin 20 campaigns each in 10 ms, and a few of them at the same time.
  EXPECT_LE(busiest, 60u);
  EXPECT_LE(seen - campaigns, static_cast<uint64_t>(led + led / 4));
  EXPECT_EQ(Sum(&raft::Counters::step_downs), 0u);
  EXPECT_TRUE(WaitForSleep()) << "two are enough";
  // It comes back, is told who leads, and all sleep again.
  cluster_->Restart(1);
  EXPECT_TRUE(WaitForSleep());
  EXPECT_LE(Sum(&raft::Counters::step_downs), 0u);
  EXPECT_TRUE(Writes(5));
}

TEST_F(Sleep, ANodeThatRestartsAtOnceIsNoticed) {
  Make(3, 50, 5);
  ASSERT_TRUE(WaitForSleep());
  cluster_->process(1).Crash();
  cluster_->world.RunFor(milliseconds(5));
  cluster_->Restart(1);
  cluster_->world.RunFor(milliseconds(30));
  for (int i = 2; i <= 3; ++i) {
    EXPECT_EQ(cluster_->host(i).counters().nodes_silent, 0u);
    EXPECT_GT(cluster_->host(i).counters().groups_woken, 0u);
  }
  EXPECT_TRUE(cluster_->world.RunUntilTrue([this] { return AllLed(); }, seconds(3)));
  EXPECT_TRUE(WaitForSleep());
}

TEST_F(Sleep, AMemberWhoseNodeIsBackIsBroughtUpToDate) {
  Make(3, 10, 6);
  ASSERT_TRUE(WaitForSleep());
  int group = 1;
  while (group < 10 && LeaderOf(group) == 3) ++group;
  cluster_->CutOff(3, true);
  ASSERT_TRUE(Writes(group));
  cluster_->world.RunFor(seconds(3));
  EXPECT_EQ(cluster_->host(LeaderOf(group)).sleeping_groups(), 10u) << "two are enough";
  EXPECT_TRUE(cluster_->machine(3, group).lines().empty());
  const uint64_t campaigns = Sum(&raft::Counters::campaigns);
  cluster_->CutOff(3, false);
  EXPECT_TRUE(WaitForSleep());
  EXPECT_FALSE(cluster_->machine(3, group).lines().empty());
  EXPECT_EQ(Sum(&raft::Counters::campaigns), campaigns) << "who was away disturbs nobody";
}

TEST_F(Sleep, ALeaderThatIsCutOffNoticesIt) {
  Make(3, 1, 7);
  ASSERT_TRUE(WaitForSleep());
  const int leader = cluster_->leader();
  cluster_->CutOff(leader, true);
  cluster_->world.RunFor(seconds(3));
  EXPECT_NE(raft(leader, 1).role(), raft::Role::kLeader);
  EXPECT_NE(cluster_->leader(), leader);
  EXPECT_TRUE(Writes(1));
  cluster_->CutOff(leader, false);
  EXPECT_TRUE(WaitForSleep());
}

TEST_F(Sleep, OneThatHearsButIsNotHeardIsReplaced) {
  Make(3, 4, 8);
  ASSERT_TRUE(WaitForSleep());
  const int leader = LeaderOf(1);
  for (int other = 1; other <= 3; ++other) {
    if (other != leader) cluster_->world.network().Cut(NodeId(leader), NodeId(other));
  }
  cluster_->world.RunFor(seconds(3));
  EXPECT_NE(LeaderOf(1), leader);
  EXPECT_TRUE(Writes(1));
}

// One follower does not reach the leader, and asks the other one for votes again and again.
TEST_F(Sleep, ABrokenLinkDeposesNobody) {
  Make(3, 1, 10);
  ASSERT_TRUE(WaitForSleep());
  const int leader = cluster_->leader(), cut = leader == 3 ? 2 : 3;
  const uint64_t campaigns = Sum(&raft::Counters::campaigns);
  cluster_->world.network().Cut(NodeId(leader), NodeId(cut));
  cluster_->world.network().Cut(NodeId(cut), NodeId(leader));
  cluster_->world.RunFor(seconds(30));
  EXPECT_EQ(cluster_->leader(), leader);
  EXPECT_EQ(Sum(&raft::Counters::campaigns), campaigns);
}

TEST_F(Sleep, WithAnOlderNodeNobodySleeps) {
  Make(3, 2, 9);
  cluster_->process(3).Crash();
  cluster_->options_of[3].wire_version = kWireVersionQuiesce - 1;
  cluster_->Restart(3);
  cluster_->world.RunFor(seconds(8));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(cluster_->host(i).sleeping_groups(), 0u);
  cluster_->process(3).Crash();
  cluster_->options_of[3].wire_version = kWireVersion;
  cluster_->Restart(3);
  EXPECT_TRUE(WaitForSleep());
}

}  // namespace
}  // namespace quadraft::replica
