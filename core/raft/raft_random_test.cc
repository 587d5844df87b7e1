// Seeded random runs of 3 to 5 machines and up to 3 spares, whose membership changes, under loss,
// duplication, reordering, one-way cuts, crashes with part of the unsynced writes, compaction and
// snapshots. Every step checks the invariants; at the end, with all faults gone, the group must
// make progress and agree.
//
// More seeds: --test_arg=--seeds=10000, or run the binary; one seed: --first_seed=N --seeds=1.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/base/strings.h"
#include "core/raft/testing/cluster.h"
#include "gtest/gtest.h"

namespace quadraft::raft {
namespace {

uint64_t g_first_seed = 1;
uint64_t g_seeds = 300;
constexpr int kSteps = 3000;

// What the runs went through, so that a driver that tests nothing does not pass.
struct Coverage {
  uint64_t commits = 0, reads = 0, elections = 0, truncations = 0, snapshots = 0, crashes = 0,
           transfers = 0, changes = 0, joint = 0, removed = 0;
} g_coverage;

Options RandomOptions(Random& random) {
  Options options;
  options.append_entries_max = random.Between(1, 6);
  options.append_bytes_max = random.Between(1, 64);
  options.inflight_messages_max = random.Between(1, 5);
  options.inflight_bytes_max = random.Between(1, 200);
  options.uncommitted_entries_max = random.Between(3, 60);
  options.pending_reads_max = random.Between(1, 8);
  return options;
}

class Driver {
 public:
  explicit Driver(uint64_t seed)
      : random_(seed, "driver"),
        spares_(static_cast<int>(random_.Between(0, 3))),
        options_(RandomOptions(random_)),
        founders_(static_cast<int>(random_.Between(3, 5))),
        cluster_(founders_, options_, seed, /*trace=*/false, spares_) {
    loss_ = random_.Below(30);
    crash_ = random_.Below(6);
    compaction_ = random_.Below(30);
    change_ = random_.OneIn(3) ? 0 : random_.Below(20);
  }

  void Run() {
    for (int step = 0; step < kSteps && cluster_.status().ok(); ++step) {
      Step();
      CheckReads();
    }
    ASSERT_TRUE(cluster_.status().ok()) << ToString(cluster_.status());
    Heal();
    g_coverage.commits += cluster_.highest_commit().value();
    g_coverage.reads += answered_;
    g_coverage.snapshots += cluster_.snapshots_installed();
    for (int node = 1; node <= cluster_.size(); ++node) Count(node);
  }

 private:
  int AnyNode() { return static_cast<int>(random_.Between(1, cluster_.size())); }

  void Step() {
    const int node = AnyNode();
    const uint64_t dice = random_.Below(1000);
    if (dice < 550) {
      DeliverOne();
    } else if (dice < 700) {
      cluster_.Sync(node, random_.OneIn(2) ? SIZE_MAX : random_.Below(3));
    } else if (dice < 800) {
      cluster_.Advance(node, milliseconds(random_.Between(1, random_.OneIn(4) ? 400 : 60)));
    } else if (dice < 800 + change_) {
      Change();
    } else if (dice < 880) {
      const int leader = cluster_.leader();
      (void)cluster_.Propose(leader != 0 && !random_.OneIn(10) ? leader : node,
                             StrCat("p", next_payload_++));
    } else if (dice < 920) {
      StartRead(node);
    } else if (dice < 920 + crash_) {
      Crash(node);
    } else if (dice < 935) {
      cluster_.Restart(node);
    } else if (dice < 940 + compaction_) {
      cluster_.Compact(node, LogIndex(cluster_.applied(node).value() - random_.Below(3)));
    } else if (dice < 975) {
      if (random_.OneIn(4)) cluster_.Cut(node, AnyNode(), true);
    } else if (dice < 980) {
      if (cluster_.leader() != 0) (void)cluster_.Transfer(cluster_.leader(), node);
    } else if (dice < 987) {
      Reconnect();
    } else if (random_.OneIn(4)) {
      cluster_.Timeout(node);
    }
  }

  // Any change of one to three nodes, mostly asked of the leader.
  void Change() {
    ConfigurationChange change;
    const uint64_t kinds = random_.Below(4);
    if (kinds == 2) change.transition = Transition::kJointImplicit;
    if (kinds == 3) change.transition = Transition::kJointExplicit;
    if (!random_.OneIn(6)) {
      const uint64_t nodes = kinds == 0 ? 1 : 1 + random_.Below(3);
      for (uint64_t i = 0; i < nodes; ++i) {
        change.changes.push_back({static_cast<ChangeKind>(random_.Below(3)), NodeId(AnyNode())});
      }
    } else {
      change = {};  // Leave a joint configuration.
    }
    const int leader = cluster_.leader();
    (void)cluster_.Change(leader != 0 && !random_.OneIn(10) ? leader : AnyNode(), change);
    for (int node = 1; node <= cluster_.size(); ++node) {
      if (!cluster_.up(node)) continue;
      g_coverage.joint += cluster_.raft(node).configuration().joint();
      g_coverage.removed += cluster_.raft(node).removed();
    }
  }

  void Reconnect() {
    for (int a = 1; a <= cluster_.size(); ++a) {
      for (int b = 1; b <= cluster_.size(); ++b) cluster_.Cut(a, b, false);
    }
  }

  // Mostly the oldest, so that things move; sometimes any (reordering), twice, or never.
  void DeliverOne() {
    if (cluster_.bag().empty()) return;
    const size_t position = random_.OneIn(3) ? random_.Below(cluster_.bag().size()) : 0;
    if (random_.Below(100) < loss_ || cluster_.bag().size() > 400) {
      cluster_.Drop(position);
    } else {
      cluster_.Deliver(position, /*keep=*/random_.OneIn(20));
    }
  }

  void Count(int node) {
    g_coverage.elections += cluster_.raft(node).counters().elections_won;
    g_coverage.transfers += cluster_.raft(node).counters().transfers;
    g_coverage.changes += cluster_.raft(node).counters().changes;
    g_coverage.truncations += cluster_.raft(node).log().truncations();
  }

  void Crash(int node) {
    if (!cluster_.up(node)) return;
    ++g_coverage.crashes;
    Count(node);
    cluster_.Crash(node, random_.Below(cluster_.unsynced_writes(node) + 1));
  }

  // A read that starts now must not be given an index below what anyone had committed by now.
  void StartRead(int node) {
    reads_[next_read_] = {.node = node, .at_least = cluster_.highest_commit()};
    cluster_.Read(node, next_read_++);
  }
  void CheckReads() {
    for (const auto& answer : cluster_.TakeAnswers()) {
      const auto it = reads_.find(answer.result.id);
      if (it == reads_.end()) continue;  // A duplicate of an answered one.
      if (answer.result.ok) {
        ASSERT_GE(answer.result.index, it->second.at_least)
            << "stale read index " << answer.result.id;
        ++answered_;
      }
      reads_.erase(it);
    }
  }

  void Heal() {
    for (int node = 1; node <= cluster_.size(); ++node) cluster_.Restart(node);
    Reconnect();
    // Clocks that go at one pace now: a leader and its commits within a bound.
    bool proposed = false;
    for (int round = 0; round < 2000; ++round) {
      for (int node = 1; node <= cluster_.size(); ++node) cluster_.Advance(node, milliseconds(10));
      cluster_.Settle();
      ASSERT_TRUE(cluster_.status().ok()) << ToString(cluster_.status());
      const int leader = cluster_.leader();
      if (leader == 0) continue;
      if (!proposed) proposed = cluster_.Propose(leader, "last").ok();
      bool same = proposed;
      for (int node = 1; node <= cluster_.size(); ++node) {
        if (!cluster_.raft(leader).configuration().IsMember(NodeId(node))) continue;
        same = same && cluster_.applied(node) == cluster_.raft(leader).log().last_index();
      }
      if (same) return;
    }
    std::string nodes;
    for (int node = 1; node <= cluster_.size(); ++node) {
      const Raft& raft = cluster_.raft(node);
      StrAppend(&nodes, "\n", node, " ", RoleName(raft.role()), " term=", raft.term(),
                " last=", raft.log().last_index(), "/", raft.log().last_term(),
                " commit=", raft.commit(), " ", Describe(raft.configuration()), " at ",
                raft.configuration_index(), raft.removed() ? " removed" : "");
    }
    FAIL() << "no progress after the faults ended" << nodes;
  }

  struct PendingRead {
    int node;
    LogIndex at_least;
  };
  Random random_;
  const int spares_;  // Drawn in this order.
  const Options options_;
  const int founders_;
  Cluster cluster_;
  uint64_t loss_ = 0, crash_ = 0, compaction_ = 0, change_ = 0;
  uint64_t next_payload_ = 1, next_read_ = 1, answered_ = 0;
  std::map<uint64_t, PendingRead> reads_;
};

TEST(RaftRandom, InvariantsHold) {
  for (uint64_t seed = g_first_seed; seed < g_first_seed + g_seeds; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Driver(seed).Run();
    if (HasFatalFailure()) return;
  }
  std::printf(
      "commits=%lu reads=%lu elections=%lu truncations=%lu snapshots=%lu crashes=%lu changes=%lu "
      "joint=%lu removed=%lu\n",
      g_coverage.commits, g_coverage.reads, g_coverage.elections, g_coverage.truncations,
      g_coverage.snapshots, g_coverage.crashes, g_coverage.changes, g_coverage.joint,
      g_coverage.removed);
  if (g_seeds < 100) return;
  EXPECT_GT(g_coverage.commits, g_seeds * 30);
  EXPECT_GT(g_coverage.reads, g_seeds * 5);
  EXPECT_GT(g_coverage.elections, g_seeds * 2);
  EXPECT_GT(g_coverage.truncations, g_seeds / 4);
  EXPECT_GT(g_coverage.snapshots, g_seeds / 4);
  EXPECT_GT(g_coverage.crashes, g_seeds);
  EXPECT_GT(g_coverage.transfers, g_seeds);
  EXPECT_GT(g_coverage.changes, g_seeds / 2);
  EXPECT_GT(g_coverage.joint, g_seeds);
  EXPECT_GT(g_coverage.removed, g_seeds / 10);
}

}  // namespace
}  // namespace quadraft::raft

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg.starts_with("--seeds="))
      quadraft::raft::g_seeds = std::strtoull(arg.c_str() + 8, nullptr, 10);
    if (arg.starts_with("--first_seed="))
      quadraft::raft::g_first_seed = std::strtoull(arg.c_str() + 13, nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
