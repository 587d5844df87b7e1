// Seeded runs of whole hosts in the simulated world: crashes (with part of the unsynced writes),
// pauses, cuts in one direction, loss, duplication and reordering, small logs, while clients
// write and read on every node. What must hold: the invariants of Raft after every event; every
// acknowledged write is there exactly once, in the order of the indexes; a read sees every write
// that was acknowledged before it began; every callback runs exactly once; after the faults,
// progress.
//
// More seeds: the binary with --first_seed=N --seeds=N.
#include <cstdio>
#include <cstdlib>
#include <set>

#include "core/replica/testing/test_cluster.h"
#include "gtest/gtest.h"

namespace quadraft::replica {
namespace {

uint64_t g_first_seed = 1;
uint64_t g_seeds = 40;
constexpr int kRounds = 400;

struct Coverage {
  uint64_t acknowledged = 0, unknown = 0, reads = 0, follower_reads = 0, reads_failed = 0,
           crashes = 0, snapshots = 0;
} g_coverage;

Options RandomOptions(Random& random) {
  Options options;
  options.raft.append_entries_max = random.Between(1, 20);
  options.raft.inflight_messages_max = random.Between(1, 8);
  options.retained_entries_max = random.Between(8, 200);
  options.apply_entries_max = random.Between(1, 50);
  options.snapshot_chunk_bytes = random.Between(20, 400);
  options.snapshot_window_chunks = random.Between(1, 8);
  return options;
}

class Scene {
 public:
  explicit Scene(uint64_t seed)
      : random_(seed, "run"),
        cluster_(static_cast<int>(random_.Between(3, 5)), seed, RandomOptions(random_)) {
    for (size_t i = 0; i < cluster_.images.size(); ++i)
      cluster_.images[i].survival_seed = seed * 1000 + i * 100 + 1;
  }

  void Go() {
    for (int round = 0; round < kRounds && cluster_.violation.ok(); ++round) {
      Clients();
      Nemesis();
      cluster_.world.RunFor(microseconds(random_.Between(1, random_.OneIn(5) ? 200'000 : 10'000)));
    }
    for (int i = 1; i <= cluster_.size(); ++i) {
      Heal(i);
      cluster_.process(i).Resume();
      if (!cluster_.process(i).running()) Restart(i);
    }
    for (const uint64_t id : conditions_) cluster_.world.network().RemoveConditions(id);
    ASSERT_TRUE(cluster_.Converge(seconds(60))) << "no progress after the faults ended";
    cluster_.world.RunFor(seconds(5));
    EXPECT_EQ(pending_, 0) << "callbacks that never ran";
    CheckWrites();
    for (int i = 1; i <= cluster_.size(); ++i) CountSnapshots(i);
  }

 private:
  int AnyNode() { return static_cast<int>(random_.Between(1, cluster_.size())); }
  void CountSnapshots(int node) {
    g_coverage.snapshots += cluster_.host(node).counters().snapshots_installed;
  }

  void Clients() {
    const int node = random_.OneIn(3) || cluster_.leader() == 0 ? AnyNode() : cluster_.leader();
    if (!cluster_.up(node) || cluster_.process(node).paused()) return;
    for (uint64_t n = random_.Below(4); n > 0; --n) Write(node);
    if (random_.OneIn(3)) Read(AnyNode());
  }

  void Write(int node) {
    const std::string payload = StrCat("w", next_write_++);
    ++pending_;
    cluster_.host(node).Propose(kGroup, payload, [this, payload](StatusOr<ProposalResult> result) {
      --pending_;
      if (result.ok()) {
        ++g_coverage.acknowledged;
        EXPECT_TRUE(acknowledged_.emplace(result->index, payload).second)
            << "two writes at index " << result->index;
      } else if (absl::IsDeadlineExceeded(result.status())) {
        ++g_coverage.unknown;
      } else {
        EXPECT_TRUE(absl::IsUnavailable(result.status())) << ToString(result.status());
        surely_lost_.insert(payload);
      }
    });
  }

  void Read(int node) {
    if (!cluster_.up(node) || cluster_.process(node).paused()) return;
    const LogIndex newest = acknowledged_.empty() ? LogIndex{} : acknowledged_.rbegin()->first;
    const bool follower = !cluster_.host(node).is_leader(kGroup);
    TestNode* program = &cluster_.node(node);
    ++pending_;
    program->host.ReadBarrier(kGroup, [this, newest, follower, program](Status status) {
      --pending_;
      if (!status.ok()) {
        ++g_coverage.reads_failed;
        return;
      }
      ++g_coverage.reads;
      g_coverage.follower_reads += follower;
      EXPECT_GE(program->machines[0]->applied_index(), newest) << "a stale read";
    });
  }

  void Nemesis() {
    const int node = AnyNode();
    switch (random_.Below(40)) {
      case 0:
        if (!cluster_.up(node)) break;
        ++g_coverage.crashes;
        CountSnapshots(node);
        cluster_.process(node).Crash(random_.OneIn(2) ? sim::CrashKind::kPower
                                                      : sim::CrashKind::kKill);
        break;
      case 1:
      case 2:
        if (!cluster_.process(node).running()) Restart(node);
        break;
      case 3:
        cluster_.process(node).Pause();
        break;
      case 4:
      case 5:
        cluster_.process(node).Resume();
        break;
      case 6: {
        const int other = AnyNode();
        if (other == node) break;
        cuts_.emplace_back(node, other);
        cluster_.world.network().Cut(NodeId(node), NodeId(other));
        break;
      }
      case 7:
      case 8:
        Heal(node);
        break;
      case 9:
        if (conditions_.size() >= 2) break;
        conditions_.push_back(cluster_.world.network().AddConditions(
            {.jitter = milliseconds(random_.Between(0, 30)),
             .loss_ppm = uint32_t(random_.Below(200'000)),
             .duplicate_ppm = uint32_t(random_.Below(100'000))}));
        break;
      case 10:
        if (conditions_.empty()) break;
        cluster_.world.network().RemoveConditions(conditions_.back());
        conditions_.pop_back();
        break;
      default:
        break;
    }
  }

  void Restart(int node) {
    cluster_.process(node).Resume();
    cluster_.Restart(node);
    cluster_.world.RunFor(microseconds(1));
    if (!cluster_.up(node)) return;
    ASSERT_TRUE(cluster_.node(node).added.ok()) << ToString(cluster_.node(node).added);
  }

  void Heal(int node) {
    std::erase_if(cuts_, [&](const std::pair<int, int>& cut) {
      if (cut.first != node && cut.second != node) return false;
      cluster_.world.network().Heal(NodeId(cut.first), NodeId(cut.second));
      return true;
    });
  }

  void CheckWrites() {
    const auto& lines = cluster_.machine(1).lines();
    std::map<std::string, size_t> position;
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_TRUE(position.emplace(lines[i], i).second) << lines[i] << " applied twice";
      EXPECT_FALSE(surely_lost_.contains(lines[i])) << lines[i] << " was said to be lost";
    }
    size_t last = 0;
    for (const auto& [index, payload] : acknowledged_) {
      ASSERT_TRUE(position.contains(payload)) << payload << " was acknowledged and is lost";
      EXPECT_GE(position[payload], last) << "out of order";
      last = position[payload];
    }
  }

  Random random_;
  int pending_ = 0;
  uint64_t next_write_ = 1;
  std::map<LogIndex, std::string> acknowledged_;
  std::set<std::string> surely_lost_;
  std::vector<std::pair<int, int>> cuts_;
  std::vector<uint64_t> conditions_;
  TestCluster cluster_;  // Last: its end answers what is pending.
};

TEST(ReplicaRandom, SurvivesFaults) {
  for (uint64_t seed = g_first_seed; seed < g_first_seed + g_seeds; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Scene(seed).Go();
    if (HasFailure()) return;
  }
  std::printf(
      "acknowledged=%lu unknown=%lu reads=%lu follower_reads=%lu reads_failed=%lu crashes=%lu "
      "snapshots=%lu\n",
      g_coverage.acknowledged, g_coverage.unknown, g_coverage.reads, g_coverage.follower_reads,
      g_coverage.reads_failed, g_coverage.crashes, g_coverage.snapshots);
  if (g_seeds < 20) return;
  EXPECT_GT(g_coverage.acknowledged, g_seeds * 50);
  EXPECT_GT(g_coverage.unknown, g_seeds / 4);
  EXPECT_GT(g_coverage.follower_reads, g_seeds * 5);
  EXPECT_GT(g_coverage.crashes, g_seeds);
  EXPECT_GT(g_coverage.snapshots, g_seeds / 4);
}

}  // namespace
}  // namespace quadraft::replica

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg.starts_with("--seeds="))
      quadraft::replica::g_seeds = std::strtoull(arg.c_str() + 8, nullptr, 10);
    if (arg.starts_with("--first_seed=")) {
      quadraft::replica::g_first_seed = std::strtoull(arg.c_str() + 13, nullptr, 10);
    }
  }
  return RUN_ALL_TESTS();
}
