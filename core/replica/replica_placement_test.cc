// Who leads: priorities, and leaders of many groups spread over the nodes.
#include <algorithm>

#include "core/replica/testing/test_cluster.h"

namespace quadraft::replica {
namespace {

constexpr Duration kInterval = milliseconds(200), kSettle = seconds(1);

class Placement : public testing::Test {
 protected:
  // `priorities`: of the nodes from 1 on; who has none has the default.
  void Make(int size, int groups, uint64_t seed, std::vector<uint32_t> priorities = {}) {
    groups_ = groups;
    Options options;
    options.placement_interval = kInterval;
    options.placement_settle = kSettle;
    cluster_ = std::make_unique<TestCluster>(size, seed, options, groups);
    for (size_t i = 0; i < priorities.size(); ++i) {
      cluster_->options_of[static_cast<int>(i) + 1].raft.priority = priorities[i];
    }
    cluster_->world.RunFor(milliseconds(1));
  }
  int Led(int node) {
    return cluster_->up(node) ? static_cast<int>(cluster_->host(node).leading_groups()) : 0;
  }
  uint64_t Moves() {
    uint64_t moves = 0;
    for (int i = 1; i <= cluster_->size(); ++i) {
      if (cluster_->up(i)) moves += cluster_->host(i).counters().leaders_moved;
    }
    return moves;
  }
  bool WaitUntil(std::function<bool()> condition, Duration limit) {
    return cluster_->world.RunUntilTrue(std::move(condition), limit);
  }

  int groups_ = 0;
  std::unique_ptr<TestCluster> cluster_;
};

TEST_F(Placement, LeadersSpreadAndStay) {
  constexpr int kGroups = 30;
  Make(3, kGroups, 1);
  cluster_->process(3).Crash();
  ASSERT_TRUE(WaitUntil([&] { return Led(1) + Led(2) == kGroups; }, seconds(10)));
  cluster_->Restart(3);
  const auto even = [&] {
    for (int i = 1; i <= 3; ++i) {
      if (Led(i) < kGroups / 3 - 1 || Led(i) > kGroups / 3 + 1) return false;
    }
    return Led(1) + Led(2) + Led(3) == kGroups;
  };
  ASSERT_TRUE(WaitUntil(even, seconds(20))) << Led(1) << " " << Led(2) << " " << Led(3);
  cluster_->world.RunFor(seconds(5));
  const uint64_t moves = Moves();
  EXPECT_GE(moves, 8u);
  EXPECT_LE(moves, 24u) << "more than what was to be moved, and some that two moved at once";
  cluster_->world.RunFor(seconds(60));
  EXPECT_TRUE(even());
  EXPECT_EQ(Moves(), moves) << "ping-pong";
}

TEST_F(Placement, TheHigherPriorityLeadsOnceItHasSettled) {
  for (uint64_t seed = 2; seed < 7; ++seed) {
    Make(3, 1, seed, {100, 200, 100});
    ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() == 2; }, seconds(10)));
    cluster_->world.RunFor(seconds(10));
    ASSERT_EQ(cluster_->leader(), 2);
    const uint64_t moves = Moves();
    EXPECT_LE(moves, 1u);
    cluster_->process(2).Crash();
    cluster_->world.RunFor(seconds(2));
    ASSERT_NE(cluster_->leader(), 0);
    cluster_->Restart(2);
    cluster_->world.RunFor(milliseconds(700));
    EXPECT_NE(cluster_->leader(), 2) << "it has not been there for long enough";
    EXPECT_TRUE(WaitUntil([&] { return cluster_->leader() == 2; }, seconds(5)));
    EXPECT_LE(Moves(), moves + 1);
  }
}

TEST_F(Placement, WhoComesAndGoesIsNotAskedToLead) {
  Make(3, 1, 8, {100, 200, 100});
  ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() == 2; }, seconds(10)));
  for (int i = 0; i < 30; ++i) {
    cluster_->process(2).Crash();
    cluster_->world.RunFor(milliseconds(700));
    cluster_->Restart(2);
    cluster_->world.RunFor(milliseconds(800));
    EXPECT_NE(cluster_->leader(), 2) << i;
  }
}

TEST_F(Placement, AfterALeaderIsLostTheNextBestCampaignsFirst) {
  int best = 0;
  for (uint64_t seed = 20; seed < 50; ++seed) {
    Make(3, 1, seed, {300, 200, 50});
    ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() == 1; }, seconds(10)));
    cluster_->world.RunFor(seconds(3));
    cluster_->process(1).Crash();
    const Duration lost = cluster_->world.now();
    ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() != 0; }, seconds(5)));
    EXPECT_LT(cluster_->world.now() - lost, seconds(1));
    best += cluster_->leader() == 2;
  }
  EXPECT_GE(best, 24) << "of 30";
}

TEST_F(Placement, PriorityZeroOnlyStandsIn) {
  Make(3, 1, 9, {100, 0, 0});
  ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() == 1; }, seconds(10)));
  EXPECT_TRUE(absl::IsInvalidArgument(cluster_->host(1).TransferLeadership(kGroup, NodeId{9})));
  cluster_->process(1).Crash();
  const Duration lost = cluster_->world.now();
  cluster_->world.RunFor(seconds(4));
  EXPECT_EQ(cluster_->leader(), 0);
  ASSERT_TRUE(WaitUntil([&] { return cluster_->leader() != 0; }, seconds(20)));
  EXPECT_GE(cluster_->world.now() - lost, raft::Options().stand_in_wait);
  cluster_->Restart(1);
  EXPECT_TRUE(WaitUntil([&] { return cluster_->leader() == 1; }, seconds(3)));
}

}  // namespace
}  // namespace quadraft::replica
