// Reads that ask nobody: by lease on the leader, and those that may be behind by a bound on any node.
#include <set>
#include <string>

#include "core/replica/testing/test_cluster.h"

namespace quadraft::replica {
namespace {

Options Awake() {
  Options options;
  options.raft.quiesce_after = Duration(0);
  return options;
}

Options WithLeases() {
  Options options = Awake();
  options.raft.lease_reads = true;
  return options;
}

class Reads : public testing::Test {
 protected:
  void Make(int size, uint64_t seed, Options options, int founders = 0) {
    cluster_ = std::make_unique<TestCluster>(size, seed, options, 1, sim::WorldOptions(), founders);
    leader_ = cluster_->WaitForLeader();
    cluster_->world.RunFor(seconds(2));
    ASSERT_EQ(cluster_->leader(), leader_);
  }
  LogIndex Write() {
    LogIndex index;
    bool done = false;
    cluster_->host(cluster_->leader()).Propose(kGroup, "w", [&](StatusOr<ProposalResult> result) {
      done = true;
      if (result.ok()) index = result->index;
    });
    EXPECT_TRUE(cluster_->world.RunUntilTrue([&] { return done; }, seconds(5)));
    EXPECT_NE(index, LogIndex{});
    return index;
  }
  // Nothing: not within `limit`.
  std::optional<Status> Read(int node, Duration bound, Duration limit) {
    const auto answer = std::make_shared<std::optional<Status>>();
    const auto done = [answer](Status status) { *answer = std::move(status); };
    if (bound > Duration(0)) {
      cluster_->host(node).ReadStale(kGroup, bound, done);
    } else {
      cluster_->host(node).ReadBarrier(kGroup, done);
    }
    cluster_->world.RunUntilTrue([&] { return answer->has_value(); }, limit);
    return *answer;
  }
  GroupStatus status(int node) { return cluster_->host(node).status(kGroup); }

  std::unique_ptr<TestCluster> cluster_;
  int leader_ = 0;
};

TEST_F(Reads, ByLeaseTakeNoRound) {
  Make(3, 1, WithLeases());
  const GroupStatus before = status(leader_);
  EXPECT_TRUE(before.lease);
  for (int i = 0; i < 50; ++i) {
    const auto read = Read(leader_, Duration(0), microseconds(20));
    ASSERT_TRUE(read.has_value() && read->ok());
    cluster_->world.RunFor(milliseconds(7));
  }
  const int follower = cluster_->Follower();
  EXPECT_FALSE(status(follower).lease);
  const auto far = Read(follower, Duration(0), milliseconds(50));  // One way there and back.
  EXPECT_TRUE(far.has_value() && far->ok());
  EXPECT_EQ(status(leader_).counters.raft.lease_reads, before.counters.raft.lease_reads + 51);
  EXPECT_EQ(status(leader_).counters.raft.quorum_reads, before.counters.raft.quorum_reads);
}

TEST_F(Reads, WithoutLeasesAskAQuorum) {
  Make(3, 2, Awake());
  EXPECT_FALSE(status(leader_).lease);
  const auto read = Read(leader_, Duration(0), milliseconds(50));
  ASSERT_TRUE(read.has_value() && read->ok());
  EXPECT_EQ(status(leader_).counters.raft.lease_reads, 0u);
  EXPECT_GT(status(leader_).counters.raft.quorum_reads, 0u);
}

TEST_F(Reads, OfALeaderThatIsCutOffAreNeverStale) {
  Make(3, 3, WithLeases());
  cluster_->CutOff(leader_, true);
  int by_lease = 0;
  const Duration cut = cluster_->world.now();
  bool written = false, elected = false;
  for (int i = 0; i < 400; ++i) {
    const auto read = Read(leader_, Duration(0), microseconds(20));
    if (read.has_value() && read->ok()) {
      ++by_lease;
      EXPECT_FALSE(written) << "a lease held while a later leader had committed";
      EXPECT_LE(cluster_->world.now() - cut, raft::kLeaseMax);
    }
    const int next = cluster_->leader();
    if (next != leader_ && !elected) {
      elected = true;
      cluster_->host(next).Propose(
          kGroup, "w", [&](StatusOr<ProposalResult> result) { written |= result.ok(); });
    }
    cluster_->world.RunFor(milliseconds(2));
  }
  EXPECT_GT(by_lease, 3);
  EXPECT_TRUE(written);
  EXPECT_LT(cluster_->world.now() - cut, seconds(1)) << "leases must not delay the next leader";
  cluster_->world.RunFor(seconds(4));
  EXPECT_FALSE(status(leader_).lease);
}

// The vote of who supported the lease, and has forgotten it, makes the next leader wait.
TEST_F(Reads, OfALeaderWhoseSupporterRestartsAreNeverStale) {
  for (uint64_t seed = 10; seed < 30; ++seed) {
    Make(3, seed, WithLeases());
    const int supporter = cluster_->Follower(), other = 6 - leader_ - supporter;
    for (const auto& [from, to] : {std::pair(leader_, other), std::pair(other, leader_)}) {
      cluster_->world.network().Cut(NodeId(from), NodeId(to));
    }
    cluster_->world.RunFor(milliseconds(400));  // The other one campaigns in vain.
    ASSERT_EQ(cluster_->leader(), leader_);
    cluster_->CutOff(leader_, true);
    cluster_->process(supporter).Crash(sim::CrashKind::kKill);
    cluster_->Restart(supporter);
    for (int i = 0; i < 600; ++i) {
      cluster_->world.RunFor(milliseconds(1));
      const int next = cluster_->leader();
      if (next == leader_ || !cluster_->up(leader_)) continue;
      const Status held = raft::CheckLease(cluster_->host(leader_).raft(kGroup),
                                           cluster_->process(leader_).env()->Now(),
                                           cluster_->host(next).raft(kGroup));
      ASSERT_TRUE(held.ok()) << "seed " << seed << ": " << ToString(held);
    }
    EXPECT_NE(cluster_->leader(), leader_);
    Write();
  }
}

TEST_F(Reads, AHandOverTakesNoLongerWithLeases) {
  Make(3, 4, WithLeases());
  const int next = cluster_->Follower();
  ASSERT_TRUE(cluster_->host(leader_).TransferLeadership(kGroup, NodeId(next)).ok());
  const Duration asked = cluster_->world.now();
  ASSERT_TRUE(cluster_->world.RunUntilTrue([&] { return cluster_->leader() == next; }, seconds(1)));
  EXPECT_FALSE(status(leader_).lease);
  Write();
  EXPECT_LT(cluster_->world.now() - asked, milliseconds(40));
  EXPECT_EQ(status(next).counters.raft.commits_held_off, 0u);
}

TEST_F(Reads, MayBeBehindByABound) {
  Make(3, 5, Awake());
  const int node = cluster_->Follower();
  Write();
  ASSERT_TRUE(Read(node, seconds(1), milliseconds(50)).has_value());  // Asks, as nothing is known.
  EXPECT_EQ(status(node).counters.stale_reads, 0u);
  cluster_->CutOff(node, true);
  const Duration cut = cluster_->world.now();
  while (cluster_->world.now() - cut < milliseconds(800)) {
    const auto read = Read(node, seconds(1), microseconds(20));
    ASSERT_TRUE(read.has_value() && read->ok());
    cluster_->world.RunFor(milliseconds(10));
  }
  EXPECT_GE(status(node).counters.stale_reads, 80u);
  cluster_->world.RunFor(milliseconds(200));
  // Cut off, it cannot know any more; a longer bound still holds.
  const auto late = Read(node, seconds(1), seconds(10));
  ASSERT_TRUE(late.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*late)) << ToString(*late);
  const auto longer = Read(node, seconds(20), microseconds(20));
  EXPECT_TRUE(longer.has_value() && longer->ok());
  cluster_->CutOff(node, false);
  const LogIndex written = Write();
  cluster_->world.RunFor(milliseconds(500));
  const auto again = Read(node, milliseconds(1), seconds(5));
  ASSERT_TRUE(again.has_value() && again->ok()) << ToString(*again);
  EXPECT_GE(cluster_->machine(node).applied_index(), written);
}

TEST_F(Reads, WhoReadsOnNeverWaits) {
  Make(3, 6, Awake());
  const int node = cluster_->Follower();
  (void)Read(node, milliseconds(300), seconds(1));
  const uint64_t asked = status(leader_).counters.raft.quorum_reads;
  for (int i = 0; i < 1000; ++i) {
    const auto read = Read(node, milliseconds(300), microseconds(20));
    ASSERT_TRUE(read.has_value() && read->ok()) << i;
    cluster_->world.RunFor(milliseconds(3));
  }
  // One question in half of the bound.
  EXPECT_LE(status(leader_).counters.raft.quorum_reads - asked, 3000u / 150 + 1);
}

TEST_F(Reads, ALearnerServesThemToo) {
  Make(4, 7, Awake(), /*founders=*/3);
  bool added = false;
  cluster_->host(leader_).ChangeMembership(
      kGroup, {.changes = {{raft::ChangeKind::kAddLearner, NodeId{4}}}},
      [&](StatusOr<ProposalResult> result) { added = result.ok(); });
  ASSERT_TRUE(cluster_->world.RunUntilTrue([&] { return added; }, seconds(5)));
  cluster_->world.RunFor(seconds(1));
  ASSERT_TRUE(Read(4, seconds(1), seconds(1)).has_value());
  const auto read = Read(4, seconds(1), microseconds(20));
  EXPECT_TRUE(read.has_value() && read->ok());
  EXPECT_EQ(status(4).counters.stale_reads, 1u);
}

// Clocks drift as far as they may, nodes are cut off and restart, and all the while every node is
// asked; what was acknowledged longer ago than the bound must be there.
TEST_F(Reads, TheirBoundHoldsUnderPartitionsAndDrift) {
  uint64_t answered = 0, at_once = 0;
  for (uint64_t seed = 100; seed < 120; ++seed) {
    Random random(seed, "run");
    Make(random.OneIn(2) ? 3 : 5, seed, random.OneIn(2) ? WithLeases() : Awake());
    const int64_t drift = raft::Options().clock_drift_ppm_max - 10;
    for (int i = 1; i <= cluster_->size(); ++i) {
      cluster_->process(i).SetClockRate(random.OneIn(2) ? drift : -drift);
    }
    std::vector<std::pair<Duration, LogIndex>> written;
    std::set<int> cut_off;
    for (int round = 0; round < 1500 && cluster_->violation.ok(); ++round) {
      if (const int leader = cluster_->leader(); leader != 0) {
        cluster_->host(leader).Propose(kGroup, "w", [&](StatusOr<ProposalResult> result) {
          if (result.ok()) written.emplace_back(cluster_->world.now(), result->index);
        });
      }
      const int node = static_cast<int>(random.Between(1, cluster_->size()));
      if (cluster_->up(node)) {
        const Duration bound = milliseconds(random.Between(1, 800));
        const Duration asked = cluster_->world.now();
        LogIndex must;
        for (const auto& [at, index] : written) {
          if (at <= asked - bound) must = std::max(must, index);
        }
        TestNode* const program = &cluster_->node(node);
        program->host.ReadStale(kGroup, bound, [&, asked, must, program](Status status) {
          if (!status.ok()) return;
          ++answered;
          at_once += cluster_->world.now() - asked < microseconds(50);
          EXPECT_GE(program->machines[0]->applied_index(), must) << "seed " << seed;
        });
      }
      if (random.OneIn(40)) {
        const bool cut = cut_off.erase(node) == 0;
        if (cut) cut_off.insert(node);
        cluster_->CutOff(node, cut);
      }
      if (random.OneIn(150) && cluster_->up(node)) {
        cluster_->process(node).Crash(sim::CrashKind::kKill);
        cluster_->Restart(node);
      }
      cluster_->world.RunFor(milliseconds(random.Between(1, 12)));
    }
    EXPECT_TRUE(cluster_->violation.ok()) << ToString(cluster_->violation);
    cluster_.reset();  // Answers what is pending while `written` is there.
  }
  EXPECT_GT(answered, 10'000u);
  EXPECT_GT(at_once, 3'000u);
}

}  // namespace
}  // namespace quadraft::replica
