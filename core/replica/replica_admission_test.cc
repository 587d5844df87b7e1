// Who may take part, and where members are reached: through hosts that have a disk and an address.
#include <optional>
#include <string>

#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

using raft::ChangeKind;
using raft::ConfigurationChange;
using raft::Contact;

TEST(Identity, IsWrittenAndReadAgain) {
  Identity identity{.disk = 77, .admitted = true};
  identity.founders = {{NodeId{2}, {.address = "h:2", .disk = 22}}, {NodeId{3}, {.disk = 33}}};
  const std::string bytes = EncodeIdentity(identity);
  ASSERT_TRUE(DecodeIdentity(bytes).ok());
  EXPECT_EQ(*DecodeIdentity(bytes), identity);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeIdentity(bytes.substr(0, cut)).status())) << cut;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_TRUE(absl::IsDataLoss(DecodeIdentity(bad).status())) << bit;
  }
}

class AdmissionTest : public testing::Test {
 protected:
  // Nodes are reached by who knows their address; founders know each other's by their flags.
  void Make(int size, int founders, uint64_t seed) {
    founders_ = founders;
    cluster_.emplace(size, seed, Options{.identity_path = "identity"}, 1, sim::WorldOptions{}, founders);
    for (int i = 1; i <= size; ++i) Place(i, Address(i));
    cluster_->flags = [this](Env& env, NodeId self) {
      for (int i = 1; i <= founders_ && self.value() <= static_cast<uint64_t>(founders_); ++i) {
        env.network().SetAddress(NodeId(i), Address(i));
      }
    };
  }
  void Begin(int size, int founders, uint64_t seed) {
    Make(size, founders, seed);
    ASSERT_NE(cluster_->WaitForLeader(), 0);
    cluster_->world.RunFor(milliseconds(300));
  }
  static std::string Address(int node) { return StrCat("h", node, ":7000"); }
  void Place(int node, const std::string& address) {
    cluster_->options_of[node].address = address;
    cluster_->process(node).set_peer_address(address);
  }
  ReplicaHost& leader() { return cluster_->host(cluster_->WaitForLeader()); }
  const Contact& ContactOf(int node) {
    return leader().raft(kGroup).configuration().ContactOf(NodeId(node));
  }
  Status Change(ConfigurationChange change) {
    cluster_->world.RunFor(milliseconds(300));  // The leader hears of what was done.
    return cluster_->Change(cluster_->WaitForLeader(), std::move(change));
  }
  Status Join(int node) {
    Status status = Change({.changes = {{ChangeKind::kAddLearner, NodeId(node)}},
                            .contacts = {{NodeId(node), {.address = Address(node)}}}});
    if (status.ok()) status = Change({.changes = {{ChangeKind::kAddVoter, NodeId(node)}}});
    return status;
  }
  Status Write(std::string payload) { return cluster_->Write(cluster_->WaitForLeader(), std::move(payload)); }
  // All that the node had is gone.
  void Wipe(int node) {
    cluster_->process(node).Crash(sim::CrashKind::kPower);
    cluster_->process(node).disk().Wipe();
    cluster_->images[node - 1] = MemoryImage();
    cluster_->invariants = raft::Invariants();  // It has seen what is not there any more.
  }
  bool Refused(int node) {
    return cluster_->world.RunUntilTrue(
        [&] { return cluster_->up(node) && absl::IsDataLoss(cluster_->node(node).fatal); },
        seconds(5));
  }

  std::optional<TestCluster> cluster_;
  int founders_ = 0;
};

TEST_F(AdmissionTest, TheFirstEntryNamesEveryFounder) {
  Begin(3, 3, 1);
  ASSERT_TRUE(Write("a").ok());
  ASSERT_TRUE(cluster_->Converge());
  for (int node = 1; node <= 3; ++node) {
    EXPECT_EQ(Describe(cluster_->host(node).raft(kGroup).configuration()),
              "voters=(1 2 3) at=(1=h1:7000 2=h2:7000 3=h3:7000)");
    EXPECT_NE(ContactOf(node).disk, 0u);
  }
}

TEST_F(AdmissionTest, AGroupIsFoundedWhenAllFoundersAreThere) {
  Make(3, 3, 2);
  cluster_->world.RunFor(Duration(1));
  cluster_->process(3).Crash();
  cluster_->world.RunFor(seconds(10));
  EXPECT_EQ(cluster_->leader(), 0);
  EXPECT_TRUE(cluster_->host(1).waiting());
  cluster_->Restart(3);
  EXPECT_NE(cluster_->WaitForLeader(), 0);
  // Once it is, a majority is enough, and a founder that starts again is not asked again.
  ASSERT_TRUE(Write("a").ok());
  for (const int node : {1, 2}) cluster_->process(node).Crash();
  for (const int node : {1, 2}) cluster_->Restart(node);
  cluster_->process(3).Crash();
  EXPECT_TRUE(Write("b").ok());
}

// The case that no leader sees: nodes 1 and 2 hold an entry, node 3 was never reached, node 2 loses
// its disk and node 1 is cut off. Two empty nodes of three must not begin anew.
TEST_F(AdmissionTest, TwoEmptyNodesDoNotFoundTheGroupAgain) {
  Make(3, 3, 3);
  ASSERT_TRUE(cluster_->world.RunUntilTrue(
      [&] {
        for (int node = 1; node <= 3; ++node) {
          if (!cluster_->up(node) || cluster_->host(node).waiting()) return false;
        }
        return true;
      },
      seconds(5)));
  cluster_->CutOff(3, true);
  ASSERT_TRUE(Write("a").ok());
  EXPECT_EQ(cluster_->host(3).last_index(kGroup), LogIndex{0});
  const int keeps = cluster_->leader(), loses = 3 - keeps;
  Wipe(loses);
  cluster_->CutOff(3, false);
  cluster_->CutOff(keeps, true);
  cluster_->Restart(loses);
  cluster_->world.RunFor(seconds(10));
  EXPECT_FALSE(cluster_->host(3).raft(kGroup).role() == raft::Role::kLeader);
  EXPECT_TRUE(Refused(loses)) << "node 3 was told its disk at the founding";
  EXPECT_NE(Message(cluster_->node(loses).fatal).find(StrCat("quadraft member replace ", loses)),
            std::string::npos);
  cluster_->process(loses).Crash();
  cluster_->CutOff(keeps, false);
  EXPECT_TRUE(Write("b").ok());
  EXPECT_EQ(cluster_->machine(keeps).lines().size(), 2u);
}

TEST_F(AdmissionTest, AFolderThatIsLostBeforeTheFoundingMayBeNew) {
  Make(3, 3, 4);
  cluster_->world.RunFor(Duration(1));
  cluster_->process(3).Crash();
  cluster_->world.RunFor(seconds(1));
  EXPECT_TRUE(cluster_->host(1).waiting());
  Wipe(2);
  cluster_->Restart(2);
  cluster_->world.RunFor(seconds(1));
  cluster_->Restart(3);
  EXPECT_NE(cluster_->WaitForLeader(), 0);
  EXPECT_TRUE(Write("a").ok());
}

TEST_F(AdmissionTest, AnAddressInTheConfigurationIsEnough) {
  Begin(5, 3, 5);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  ASSERT_TRUE(Join(4).ok());
  ASSERT_TRUE(Join(5).ok());
  EXPECT_NE(ContactOf(4).disk, 0u);
  EXPECT_EQ(ContactOf(5).address, "h5:7000");
  // Nodes 4 and 5 were told of nobody by flags, and nobody of them; they must do without two others.
  ASSERT_TRUE(cluster_->Converge());
  for (const int node : {1, 2}) cluster_->process(node).Crash();
  EXPECT_TRUE(Write("by three of five").ok());
  // So when all of them start again, and what they know is what their logs and states say.
  for (const int node : {3, 4, 5}) cluster_->process(node).Crash();
  for (const int node : {3, 4, 5}) cluster_->Restart(node);
  EXPECT_TRUE(Write("started again").ok());
}

TEST_F(AdmissionTest, AnAddressComesInASnapshot) {
  Begin(4, 3, 6);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  for (int node = 1; node <= 3; ++node) {
    ASSERT_TRUE(cluster_->host(node).CompactNow(kGroup, false).ok());
  }
  ASSERT_TRUE(Join(4).ok());
  ASSERT_TRUE(cluster_->Converge());
  EXPECT_GT(cluster_->host(4).counters().snapshots_installed, 0u);
  cluster_->process(cluster_->leader()).Crash();
  EXPECT_TRUE(Write("by three of four").ok());
}

TEST_F(AdmissionTest, AnAddressCanBeChanged) {
  Begin(3, 3, 7);
  const int moved = cluster_->Follower();
  cluster_->process(moved).Crash();
  Place(moved, "elsewhere:1");
  cluster_->Restart(moved);
  ASSERT_TRUE(Change({.contacts = {{NodeId(moved), {.address = "elsewhere:1"}}}}).ok());
  ASSERT_TRUE(cluster_->Converge());
  EXPECT_EQ(ContactOf(moved).address, "elsewhere:1");
  const Status taken =
      Change({.contacts = {{NodeId(moved), {.address = Address(cluster_->leader())}}}});
  EXPECT_TRUE(absl::IsInvalidArgument(taken)) << ToString(taken);
  // Whoever starts again has the old one from its flags and the new one from its log.
  for (int node = 1; node <= 3; ++node) cluster_->process(node).Crash();
  for (int node = 1; node <= 3; ++node) cluster_->Restart(node);
  EXPECT_TRUE(Write("a").ok());
  EXPECT_TRUE(cluster_->Converge());
}

TEST_F(AdmissionTest, WhoLostItsDiskIsReplaced) {
  Begin(5, 3, 8);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  const int lost = cluster_->Follower();
  Wipe(lost);
  cluster_->Restart(lost);
  EXPECT_TRUE(Refused(lost));
  cluster_->process(lost).Crash();
  const auto replace = [&](int old, int by) {
    Status status = Change({.changes = {{ChangeKind::kAddLearner, NodeId(by)}},
                            .contacts = {{NodeId(by), {.address = Address(by)}}}});
    if (!status.ok()) return status;
    return Change({.changes = {{ChangeKind::kAddVoter, NodeId(by)}, {ChangeKind::kRemove, NodeId(old)}}});
  };
  ASSERT_TRUE(replace(lost, 4).ok());
  ASSERT_TRUE(Write("with node 4").ok());
  // Its place is taken by a node that joined: it, too, must not come back empty.
  Wipe(4);
  cluster_->Restart(4);
  EXPECT_TRUE(Refused(4));
  cluster_->process(4).Crash();
  ASSERT_TRUE(replace(4, 5).ok());
  EXPECT_TRUE(Write("with node 5").ok());
  EXPECT_EQ(cluster_->machine(cluster_->leader()).lines().size(), 12u);
}

TEST_F(AdmissionTest, ALearnerThatLostItsDiskIsNotTakenForWhatItWas) {
  Begin(4, 3, 9);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Write(StrCat(i)).ok());
  ASSERT_TRUE(Change({.changes = {{ChangeKind::kAddLearner, NodeId(4)}},
                      .contacts = {{NodeId(4), {.address = Address(4)}}}})
                  .ok());
  ASSERT_TRUE(cluster_->Converge());
  Wipe(4);
  cluster_->Restart(4);
  EXPECT_TRUE(Refused(4)) << "the leader knows what the disk before held";
}

TEST_F(AdmissionTest, AnOlderMemberIsSentNoContacts) {
  Begin(4, 3, 10);
  const int older = cluster_->Follower();
  cluster_->process(older).Crash();
  cluster_->options_of[older].wire_version = kWireVersionMembership;
  cluster_->Restart(older);
  const Status refused = Join(4);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << ToString(refused);
  EXPECT_TRUE(Change({.changes = {{ChangeKind::kAddLearner, NodeId(4)}}}).ok());
}

}  // namespace
}  // namespace quadraft::replica
