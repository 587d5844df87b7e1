// Who belongs to a group changes while it runs: through hosts, logs and snapshots.
#include <optional>
#include <string>

#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

using raft::ChangeKind;
using raft::ConfigurationChange;
using raft::NodeChange;
using raft::Transition;

class MembershipTest : public testing::Test {
 protected:
  void Begin(int size, int founders, uint64_t seed, Options options = {}) {
    cluster_.emplace(size, seed, options, 1, sim::WorldOptions{}, founders);
    ASSERT_NE(cluster_->WaitForLeader(), 0);
    cluster_->world.RunFor(milliseconds(300));
  }
  ReplicaHost& leader() { return cluster_->host(cluster_->WaitForLeader()); }

  Status Change(ConfigurationChange change) { return ChangeAt(cluster_->WaitForLeader(), change); }
  Status ChangeAt(int node, ConfigurationChange change) { return cluster_->Change(node, std::move(change)); }
  Status Add(int node, ChangeKind kind) {
    cluster_->world.RunFor(milliseconds(200));  // The leader hears of what was done.
    return Change({.changes = {{kind, NodeId(node)}}});
  }
  Status Write(std::string payload) { return cluster_->Write(cluster_->WaitForLeader(), std::move(payload)); }
  std::string Members(int node) {
    return Describe(cluster_->host(node).raft(kGroup).configuration());
  }
  bool Holds(int node, size_t lines) {
    return cluster_->world.RunUntilTrue(
        [&] { return cluster_->machine(node).lines().size() == lines; }, seconds(10));
  }

  std::optional<TestCluster> cluster_;
};

TEST_F(MembershipTest, AJoinerLearnsCatchesUpAndVotes) {
  Begin(4, 3, 1);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  EXPECT_EQ(cluster_->machine(4).lines().size(), 0u);
  ASSERT_TRUE(Add(4, ChangeKind::kAddLearner).ok());
  ASSERT_TRUE(Holds(4, 20));
  EXPECT_EQ(Members(4), "voters=(1 2 3) learners=(4)");
  ASSERT_TRUE(Add(4, ChangeKind::kAddVoter).ok());
  EXPECT_EQ(leader().status(kGroup).configuration.voters().size(), 4u);
  // With two of the founders gone, three of four is no longer there; with one gone it is.
  const int gone = cluster_->Follower();
  cluster_->process(gone).Crash(sim::CrashKind::kPower);
  EXPECT_TRUE(Write("with the new voter").ok());
  EXPECT_TRUE(Holds(4, 21));
  cluster_->Restart(gone);
  ASSERT_TRUE(cluster_->Converge());
}

TEST_F(MembershipTest, ALearnerDoesNotCount) {
  Begin(4, 3, 2);
  ASSERT_TRUE(Add(4, ChangeKind::kAddLearner).ok());
  const int lead = cluster_->WaitForLeader();
  for (int node = 1; node <= 3; ++node) {
    if (node != lead) cluster_->CutOff(node, true);
  }
  EXPECT_TRUE(absl::IsDeadlineExceeded(Write("two of four hold this, one of three voters")));
}

TEST_F(MembershipTest, ANewVoterMustBeALearnerThatHasCaughtUp) {
  Begin(4, 3, 3, {.promotion_lag_max = 5});
  const Status stranger = Add(4, ChangeKind::kAddVoter);
  EXPECT_TRUE(absl::IsFailedPrecondition(stranger)) << ToString(stranger);
  cluster_->CutOff(4, true);
  ASSERT_TRUE(Add(4, ChangeKind::kAddLearner).ok());
  const Status silent = Add(4, ChangeKind::kAddVoter);
  EXPECT_TRUE(absl::IsFailedPrecondition(silent)) << ToString(silent);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  const Status behind = Add(4, ChangeKind::kAddVoter);
  EXPECT_TRUE(absl::IsFailedPrecondition(behind)) << ToString(behind);
  EXPECT_NE(Message(behind).find("lacks"), std::string::npos) << ToString(behind);
  cluster_->CutOff(4, false);
  ASSERT_TRUE(Holds(4, 20));
  EXPECT_TRUE(Add(4, ChangeKind::kAddVoter).ok());
}

TEST_F(MembershipTest, ARemovedLeaderHandsOverWithoutASilence) {
  Begin(3, 3, 4);
  const int lead = cluster_->WaitForLeader();
  ASSERT_TRUE(Write("before").ok());
  ASSERT_TRUE(cluster_->Converge());
  const Duration asked = cluster_->world.now();
  ASSERT_TRUE(Change({.changes = {{ChangeKind::kRemove, NodeId(lead)}}}).ok());
  ASSERT_TRUE(cluster_->world.RunUntilTrue(
      [&] { return cluster_->leader() != 0 && cluster_->leader() != lead; }, seconds(5)));
  // No election timeout was waited for.
  EXPECT_LT(cluster_->world.now() - asked, milliseconds(100));
  EXPECT_TRUE(Write("after").ok());
  EXPECT_EQ(leader().status(kGroup).configuration.voters().size(), 2u);
}

TEST_F(MembershipTest, ARemovedNodeIsToldAndDisturbsNobody) {
  Begin(3, 3, 5);
  const int gone = cluster_->Follower();
  cluster_->CutOff(gone, true);
  ASSERT_TRUE(Add(gone, ChangeKind::kRemove).ok());
  const RaftTerm term = leader().raft(kGroup).term();
  cluster_->CutOff(gone, false);
  ASSERT_TRUE(cluster_->world.RunUntilTrue(
      [&] { return cluster_->host(gone).status(kGroup).removed; }, seconds(10)));
  cluster_->world.RunFor(seconds(10));
  EXPECT_EQ(leader().raft(kGroup).term(), term);
  EXPECT_TRUE(Write("undisturbed").ok());
  // It comes back with what it had.
  ASSERT_TRUE(Add(gone, ChangeKind::kAddLearner).ok());
  ASSERT_TRUE(Holds(gone, 1));
  EXPECT_FALSE(cluster_->host(gone).status(kGroup).removed);
  EXPECT_TRUE(Add(gone, ChangeKind::kAddVoter).ok());
}

TEST_F(MembershipTest, ASnapshotBringsTheConfigurationAndARestartKeepsIt) {
  Begin(5, 3, 6);
  ASSERT_TRUE(Add(4, ChangeKind::kAddLearner).ok());
  ASSERT_TRUE(Write("x").ok());
  ASSERT_TRUE(Holds(4, 1));
  ASSERT_TRUE(Add(4, ChangeKind::kAddVoter).ok());
  ASSERT_TRUE(leader().CompactNow(kGroup, /*keep_for_followers=*/false).ok());
  ASSERT_TRUE(Add(5, ChangeKind::kAddLearner).ok());
  ASSERT_TRUE(Holds(5, 1));
  EXPECT_GT(cluster_->host(5).counters().snapshots_installed, 0u);
  EXPECT_EQ(Members(5), "voters=(1 2 3 4) learners=(5)");
  cluster_->process(5).Crash(sim::CrashKind::kPower);
  cluster_->CutOff(5, true);
  cluster_->Restart(5);
  ASSERT_TRUE(cluster_->world.RunUntilTrue([&] { return cluster_->up(5); }, seconds(5)));
  EXPECT_EQ(Members(5), "voters=(1 2 3 4) learners=(5)");
}

TEST_F(MembershipTest, JointIsLeftByItself) {
  Begin(5, 3, 7);
  for (int node : {4, 5}) ASSERT_TRUE(Add(node, ChangeKind::kAddLearner).ok());
  ASSERT_TRUE(Write("x").ok());
  ASSERT_TRUE(Holds(4, 1) && Holds(5, 1));
  cluster_->world.RunFor(milliseconds(300));
  const int lead = cluster_->WaitForLeader();
  const int out = lead == 1 ? 2 : 1;
  ASSERT_TRUE(Change({.changes = {{ChangeKind::kAddVoter, NodeId(4)},
                                  {ChangeKind::kAddVoter, NodeId(5)},
                                  {ChangeKind::kRemove, NodeId(out)}}})
                  .ok());
  ASSERT_TRUE(cluster_->world.RunUntilTrue(
      [&] { return !leader().raft(kGroup).configuration().joint(); }, seconds(5)));
  EXPECT_EQ(leader().status(kGroup).configuration.voters().size(), 4u);
  EXPECT_FALSE(leader().status(kGroup).configuration.IsMember(NodeId(out)));
  EXPECT_TRUE(Write("y").ok());
}

TEST_F(MembershipTest, WhatDoesNotFitIsRefused) {
  Begin(3, 3, 8);
  const int lead = cluster_->WaitForLeader();
  EXPECT_TRUE(absl::IsFailedPrecondition(Add(9, ChangeKind::kRemove)));
  EXPECT_TRUE(absl::IsFailedPrecondition(Change({})));  // Not joint: nothing to leave.
  EXPECT_TRUE(absl::IsUnavailable(
      ChangeAt(lead == 1 ? 2 : 1, {.changes = {{ChangeKind::kAddLearner, NodeId(4)}}})));
  for (int node = 1; node <= 3; ++node) {
    if (node != lead) cluster_->CutOff(node, true);
  }
  cluster_->host(lead).ChangeMembership(kGroup, {.changes = {{ChangeKind::kAddLearner, NodeId(4)}}},
                                        [](const StatusOr<ProposalResult>&) {});
  const Status second = ChangeAt(lead, {.changes = {{ChangeKind::kAddLearner, NodeId(5)}}});
  EXPECT_TRUE(absl::IsUnavailable(second)) << ToString(second);
}

TEST_F(MembershipTest, AnOlderMemberForbidsChanges) {
  cluster_.emplace(3, 9);
  cluster_->options_of[3].wire_version = kWireVersionTransfer;
  ASSERT_NE(cluster_->WaitForLeader(), 0);
  cluster_->world.RunFor(milliseconds(500));
  EXPECT_TRUE(absl::IsFailedPrecondition(Add(2, ChangeKind::kAddLearner)));
}

// It may be gone for good: then nothing else could be changed ever again.
TEST_F(MembershipTest, AnOlderMemberMayBeRemoved) {
  cluster_.emplace(3, 9);
  cluster_->options_of[3].wire_version = kWireVersionTransfer;
  const int lead = cluster_->WaitForLeader();
  ASSERT_NE(lead, 0);
  if (lead == 3) {
    ASSERT_TRUE(cluster_->host(3).TransferLeadership(kGroup, NodeId(1)).ok());
    ASSERT_TRUE(cluster_->world.RunUntilTrue([&] { return cluster_->leader() == 1; }, seconds(5)));
  }
  cluster_->world.RunFor(milliseconds(500));
  const int now = cluster_->leader();
  cluster_->process(3).Crash(sim::CrashKind::kKill);
  const Status add = ChangeAt(now, {.changes = {{ChangeKind::kAddLearner, NodeId(4)}}});
  EXPECT_TRUE(absl::IsFailedPrecondition(add)) << ToString(add);
  const Status remove = ChangeAt(now, {.changes = {{ChangeKind::kRemove, NodeId(3)}}});
  EXPECT_TRUE(remove.ok()) << ToString(remove);
  EXPECT_EQ(cluster_->host(now).raft(kGroup).configuration().voters().size(), 2u);
}

}  // namespace
}  // namespace quadraft::replica
