// Leases: the arithmetic, and seeded random runs of five machines whose clocks drift as far as they
// may, under cuts, loss, delay, restarts, transfers and changes of members. No lease may hold while a
// later leader commits, and no read may be stale; and with a planted bug some run must break (this
// binary links the twin library).
#include <cstdio>
#include <set>
#include <string>

#include "core/base/mutant.h"
#include "core/base/strings.h"
#include "core/raft/testing/cluster.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

constexpr MonotonicTime At(int64_t ms) { return MonotonicTime(milliseconds(ms)); }

TEST(Lease, IsShorterByTheDriftOfBothClocks) {
  EXPECT_EQ(UsableLease(milliseconds(500), 0), milliseconds(500));
  EXPECT_EQ(UsableLease(milliseconds(330), 100'000), milliseconds(270));
  EXPECT_EQ(LocalBound(milliseconds(500), 100'000), milliseconds(450));
  EXPECT_EQ(LocalBound(Duration(999'999), 0), Duration(0));  // Rounded to the safe side.
}

TEST(Lease, ARoundCountsForWhoPromisedALaterShorterOne) {
  LeaseRounds rounds;
  rounds.Offer(1, At(0), milliseconds(400));
  rounds.Offer(2, At(10), milliseconds(50));
  rounds.Confirm(1);  // By some with round 2 alone: they promised until 60.
  EXPECT_EQ(rounds.until(), At(60));
  rounds.Offer(3, At(20), milliseconds(300));
  rounds.Confirm(3);
  EXPECT_EQ(rounds.until(), At(320));
  rounds.Offer(4, At(30), milliseconds(10));
  rounds.Confirm(4);  // What was confirmed stays.
  EXPECT_EQ(rounds.until(), At(320));
  rounds.GiveUp();
  rounds.Confirm(9);
  EXPECT_EQ(rounds.until(), MonotonicTime{});
  for (uint64_t round = 10; round < 10 + 2 * kLeaseRoundsMax; ++round) {
    rounds.Offer(round, At(static_cast<int64_t>(round)), milliseconds(100));
  }
  rounds.Confirm(10 + kLeaseRoundsMax);  // The oldest were forgotten, this one was not.
  EXPECT_EQ(rounds.until(), At(110 + kLeaseRoundsMax));
}

Options LeaseOptions() {
  Options options;
  for (Duration* timeout : {&options.election_timeout_min, &options.election_timeout_max,
                            &options.election_timeout_start}) {
    *timeout = milliseconds(200);
  }
  options.heartbeat_interval_min = options.heartbeat_interval_max = milliseconds(40);
  options.heartbeat_grid = Duration(0);
  options.election_spread_percent = 20;
  options.check_quorum_timeout_min = options.transfer_timeout = milliseconds(600);
  options.lease_reads = true;
  options.clock_drift_ppm_max = 200'000;
  return options;
}

struct Coverage {
  uint64_t lease_reads = 0, quorum_reads = 0, held_off = 0, elections = 0, transfers = 0, commits = 0,
           changes = 0;
};

class Driver {
 public:
  Driver(uint64_t seed, Coverage* coverage, bool forgets_promises = false)
      : random_(seed, "driver"),
        coverage_(*coverage),
        cluster_(random_.OneIn(2) ? 3 : 5, LeaseOptions(), seed) {
    if (forgets_promises) cluster_.ForgetPromises();
    const int64_t bound = LeaseOptions().clock_drift_ppm_max;
    for (int node = 1; node <= cluster_.size(); ++node) {
      rates_.push_back(random_.OneIn(2) ? bound : -bound);
    }
    loss_ = random_.OneIn(2) ? 0 : random_.Below(10);
    restarts_ = random_.Below(15);
    transfers_ = random_.OneIn(2) ? 0 : random_.Below(12);
    changes_ = random_.OneIn(2) ? 0 : random_.Below(6);
  }

  // The first promise that was broken.
  Status Run() {
    for (int step = 0; step < 2500; ++step) {
      Step();
      QR_RETURN_IF_ERROR(cluster_.status());
      QR_RETURN_IF_ERROR(CheckLeases());
      QR_RETURN_IF_ERROR(CheckReads());
    }
    for (int node = 1; node <= cluster_.size(); ++node) Count(node);
    coverage_.commits += cluster_.highest_commit().value();
    return OkStatus();
  }

 private:
  static constexpr int kQuietSteps = 250;

  int AnyNode() { return static_cast<int>(random_.Between(1, cluster_.size())); }
  int LeaderOrAny() {
    const int leader = cluster_.leader();
    return leader != 0 && !random_.OneIn(3) ? leader : AnyNode();
  }

  void Step() {
    const int64_t passed_us = random_.Between(200, 4000);
    for (int node = 1; node <= cluster_.size(); ++node) {
      cluster_.Advance(node, microseconds(passed_us * (1'000'000 + rates_[node - 1]) / 1'000'000));
      if (!random_.OneIn(4)) cluster_.Sync(node);
    }
    size_t position = 0;
    for (size_t left = cluster_.bag().size(); left > 0; --left) {
      if (random_.Below(100) < loss_ || cluster_.bag().size() > 300) {
        cluster_.Drop(position);
      } else if (random_.OneIn(3)) {
        ++position;  // It takes longer.
      } else {
        cluster_.Deliver(position, /*keep=*/random_.OneIn(50));
      }
    }
    if (quiet_ == 0 && random_.OneIn(3)) (void)cluster_.Propose(LeaderOrAny(), "p");
    for (int node = 1; node <= cluster_.size(); ++node) {
      if (!cluster_.up(node) || random_.OneIn(2)) continue;
      reads_[next_read_] = cluster_.highest_commit();
      cluster_.Read(node, next_read_++);
    }
    quiet_ > 0 ? ForgetSupport() : Disturb();
  }

  // With nothing to write all logs are the same. Then only one follower supports the leader; it
  // restarts, hears no more of it and forgets it, while the lease that it promised still runs and the
  // others campaign.
  void ForgetSupport() {
    --quiet_;
    const int leader = cluster_.leader();
    if (leader == 0 || leader == friendly_) return;
    if (quiet_ == kQuietSteps - 20) {
      for (int other = 1; other <= cluster_.size(); ++other) {
        if (other != leader && (other != friendly_ || cluster_.size() > 3)) CutBoth(leader, other);
      }
    } else if (quiet_ == forget_at_) {
      CutBoth(leader, friendly_);
      Count(friendly_);
      cluster_.Crash(friendly_, 0);
      cluster_.Restart(friendly_);
    } else if (quiet_ == 0) {
      Reconnect();
    }
  }
  void CutBoth(int a, int b) {
    cluster_.Cut(a, b, true);
    cluster_.Cut(b, a, true);
  }
  void Reconnect() {
    for (int a = 1; a <= cluster_.size(); ++a) {
      for (int b = 1; b <= cluster_.size(); ++b) cluster_.Cut(a, b, false);
    }
  }

  void Disturb() {
    const uint64_t dice = random_.Below(1000);
    if (dice < 3) {
      Reconnect();
      quiet_ = kQuietSteps;
      friendly_ = AnyNode();
      forget_at_ = static_cast<int>(random_.Between(1, kQuietSteps - 60));
    } else if (dice < 15) {  // The leader does not reach some others, or they not it.
      const int leader = LeaderOrAny();
      for (int other = 1; other <= cluster_.size(); ++other) {
        if (other == leader || random_.OneIn(3)) continue;
        if (!random_.OneIn(4)) cluster_.Cut(leader, other, true);
        if (!random_.OneIn(4)) cluster_.Cut(other, leader, true);
      }
    } else if (dice < 25) {
      Reconnect();
    } else if (dice < 25 + restarts_) {
      const int node = LeaderOrAny();
      if (!cluster_.up(node)) return;
      Count(node);
      cluster_.Crash(node, random_.Below(3));
      cluster_.Restart(node);
      const int leader = cluster_.leader();
      if (leader != 0 && leader != node && random_.OneIn(2)) CutBoth(leader, node);
    } else if (dice < 40 + transfers_) {
      if (dice >= 40 && cluster_.leader() != 0) (void)cluster_.Transfer(cluster_.leader(), AnyNode());
    } else if (dice < 60 + changes_) {
      if (dice < 60 || cluster_.leader() == 0) return;
      const ChangeKind kind = random_.OneIn(2) ? ChangeKind::kRemove : ChangeKind::kAddVoter;
      (void)cluster_.Change(cluster_.leader(), {.changes = {{kind, NodeId(AnyNode())}}});
    }
  }

  Status CheckLeases() {
    for (int a = 1; a <= cluster_.size(); ++a) {
      for (int b = 1; b <= cluster_.size(); ++b) {
        if (a == b || !cluster_.up(a) || !cluster_.up(b)) continue;
        QR_RETURN_IF_ERROR(CheckLease(cluster_.raft(a), cluster_.now(a), cluster_.raft(b)));
      }
    }
    return OkStatus();
  }

  Status CheckReads() {
    for (const auto& answer : cluster_.TakeAnswers()) {
      const auto read = reads_.find(answer.result.id);
      if (read == reads_.end()) continue;
      if (answer.result.ok && answer.result.index < read->second) {
        return Internal("stale read: index ", answer.result.index, " after ", read->second,
                        " had been committed");
      }
      reads_.erase(read);
    }
    while (reads_.size() > 1000) reads_.erase(reads_.begin());
    return OkStatus();
  }

  void Count(int node) {
    const Counters& counters = cluster_.raft(node).counters();
    coverage_.lease_reads += counters.lease_reads;
    coverage_.quorum_reads += counters.quorum_reads;
    coverage_.held_off += counters.commits_held_off;
    coverage_.elections += counters.elections_won;
    coverage_.transfers += counters.transfers;
    coverage_.changes += counters.changes;
  }

  Random random_;
  Coverage& coverage_;
  Cluster cluster_;
  std::vector<int64_t> rates_;
  uint64_t loss_ = 0, restarts_ = 0, transfers_ = 0, changes_ = 0;
  int quiet_ = 0, friendly_ = 0, forget_at_ = 0;  // Steps.
  uint64_t next_read_ = 1;
  std::map<uint64_t, LogIndex> reads_;  // What was committed when each was asked.
};

TEST(Lease, HoldsUnderDriftCutsRestartsTransfersAndChanges) {
  constexpr uint64_t kSeeds = 150;
  SetActiveMutants({});
  Coverage coverage;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Status status = Driver(seed, &coverage).Run();
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << ToString(status);
  }
  std::printf("lease reads %lu, quorum reads %lu, elections %lu, held off %lu, transfers %lu, changes "
              "%lu, commits %lu\n",
              coverage.lease_reads, coverage.quorum_reads, coverage.elections, coverage.held_off,
              coverage.transfers, coverage.changes, coverage.commits);
  EXPECT_GT(coverage.lease_reads, 100 * kSeeds);
  EXPECT_GT(coverage.quorum_reads, 10 * kSeeds);
  EXPECT_GT(coverage.held_off, kSeeds / 2);
  EXPECT_GT(coverage.elections, 5 * kSeeds);
  EXPECT_GT(coverage.transfers, kSeeds / 2);
  EXPECT_GT(coverage.changes, kSeeds / 4);
  EXPECT_GT(coverage.commits, 50 * kSeeds);
}

// Rule 3 of lease.h is needed.
TEST(Lease, BreaksWhenWhoRestartsHasForgotten) {
  SetActiveMutants({});
  Coverage coverage;
  Status status;
  uint64_t seed = 1;
  for (; seed <= 400 && status.ok(); ++seed) {
    status = Driver(seed, &coverage, /*forgets_promises=*/true).Run();
  }
  std::printf("seed %lu: %s\n", seed - 1, ToString(status).c_str());
  EXPECT_FALSE(status.ok());
}

class LeaseMutant : public testing::TestWithParam<const char*> {};

TEST_P(LeaseMutant, IsFound) {
  SetActiveMutants({GetParam()});
  Coverage coverage;
  Status status;
  uint64_t seed = 1;
  for (; seed <= 400 && status.ok(); ++seed) status = Driver(seed, &coverage).Run();
  SetActiveMutants({});
  std::printf("%s: seed %lu: %s\n", GetParam(), seed - 1, ToString(status).c_str());
  EXPECT_FALSE(status.ok());
}

INSTANTIATE_TEST_SUITE_P(All, LeaseMutant,
                         testing::Values("lease-ignores-drift", "lease-kept-after-transfer",
                                         "new-leader-does-not-wait"));

}  // namespace
}  // namespace quadraft::raft
