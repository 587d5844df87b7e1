// The visible effect of each fault of a disk, on programs that write a known pattern and look at
// it.
#include <algorithm>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sim/faults/fault.h"
#include "sim/faults/nemesis.h"

namespace quadraft::sim {
namespace {

constexpr size_t kBlock = 300;

// What "f" holds, from its first byte on.
const std::string& Pattern() {
  static const auto& pattern = *[] {
    auto* made = new std::string(4u << 20, '\0');
    for (size_t i = 0; i < made->size(); ++i) (*made)[i] = static_cast<char>('a' + (i / 7) % 26);
    return made;
  }();
  return pattern;
}

bool IsPattern(std::string_view bytes) {
  return bytes == std::string_view(Pattern()).substr(0, bytes.size());
}

struct Machines {
  struct Seen {
    size_t acknowledged = 0;  // Bytes of "f" that a sync confirmed.
    int number = 0;           // What "g" holds, by its last rename that was synced.
    int lives = 0, bad_reads = 0, read_errors = 0, refused = 0, sync_errors = 0;
    int64_t slowest_sync = 0;
  };

  explicit Machines(uint64_t seed) : world(seed), random(seed, "faults") {
    context.world = &world;
    context.random = &random;
    context.leader = [] { return NodeId{2}; };
    context.restart = [this](NodeId node, Duration delay) {
      world.process(node).StartAfter(delay);
    };
    context.took_effect = [this] { ++effects; };
    for (uint64_t id : {1, 2, 3}) {
      context.nodes.push_back(NodeId{id});
      world
          .AddProcess(NodeId{id}, StrCat("n", id),
                      [this, id](Env& env) { return std::make_unique<Keeper>(env, this, id); })
          .Start();
    }
    world.RunFor(milliseconds(500));
  }

  // Appends the pattern to "f" and syncs it, replaces "g" by a rename, reads "f".
  struct Keeper : Program {
    Keeper(Env& e, Machines* m, uint64_t id) : env(e), machines(*m), seen(m->seen[id - 1]) {
      ++seen.lives;
      Look();
      const auto size = env.disk().FileSize("f");
      // What was not acknowledged may be torn.
      if (size.ok() && *size > seen.acknowledged) {
        (void)env.disk().Truncate("f", seen.acknowledged);
      }
      auto opened = env.disk().Open("f", OpenMode::kAppend);
      if (opened.ok()) file = std::move(*opened);
      (void)env.disk().SyncDirectory("");
      Tick(0);
    }
    void Look() {
      auto opened = env.disk().Open("f", OpenMode::kRead);
      if (!opened.ok()) return;
      const auto bytes = (*opened)->Read(0, seen.acknowledged);
      if (!bytes.ok()) {
        ++seen.read_errors;
      } else if (!IsPattern(*bytes)) {
        ++seen.bad_reads;
      }
    }
    void Note(const Status& status) {
      if (absl::IsResourceExhausted(status)) ++seen.refused;
    }
    void Tick(int turn) {
      if (file) {
        Note(file->Append(std::string_view(Pattern()).substr(file->size(), kBlock)));
        file->Sync([this, size = file->size(), at = machines.world.now_ns()](Status status) {
          if (status.ok()) seen.acknowledged = std::max<size_t>(seen.acknowledged, size);
          if (!status.ok()) ++seen.sync_errors;
          seen.slowest_sync = std::max(seen.slowest_sync, machines.world.now_ns() - at);
        });
        if (turn % 8 == 0) Look();
        if (turn % 4 == 2) Note(Replace());
      }
      env.executor().RunAfter(milliseconds(5), [this, turn] { Tick(turn + 1); });
    }
    Status Replace() {
      {
        QR_ASSIGN_OR_RETURN(auto next, env.disk().Open("g.tmp", OpenMode::kCreate));
        QR_RETURN_IF_ERROR(next->Append(StrCat(seen.number + 1)));
        QR_RETURN_IF_ERROR(next->SyncNow());
      }
      QR_RETURN_IF_ERROR(env.disk().Rename("g.tmp", "g"));
      QR_RETURN_IF_ERROR(env.disk().SyncDirectory(""));
      ++seen.number;
      return OkStatus();
    }
    Env& env;
    Machines& machines;
    Seen& seen;
    std::unique_ptr<File> file;
  };

  // Whether the node's disk no longer holds what was acknowledged.
  bool Damaged(NodeId node) {
    const Seen& of = seen[node.value() - 1];
    const SimDisk& disk = world.process(node).disk();
    const std::string f = disk.Peek("f");
    if (f.size() < of.acknowledged || !IsPattern(f.substr(0, of.acknowledged))) return true;
    const std::string g = disk.Peek("g");
    return g != StrCat(of.number) && g != StrCat(of.number + 1);
  }
  int Broken() {
    return static_cast<int>(
        std::count_if(context.nodes.begin(), context.nodes.end(),
                      [&](NodeId node) { return world.process(node).broken(); }));
  }
  Closure Begin(std::string_view name) {
    for (int i = 0; i < 200; ++i) {
      if (Closure stop = FindFault(name)->begin(context)) return stop;
      world.RunFor(milliseconds(1));
    }
    ADD_FAILURE() << name << " never began";
    return [] {};
  }
  Seen Sum() const {
    Seen sum;
    for (const Seen& of : seen) {
      sum.lives += of.lives;
      sum.bad_reads += of.bad_reads;
      sum.read_errors += of.read_errors;
      sum.refused += of.refused;
      sum.sync_errors += of.sync_errors;
      sum.slowest_sync = std::max(sum.slowest_sync, of.slowest_sync);
    }
    return sum;
  }

  World world;
  Random random;
  FaultContext context;
  Seen seen[3];
  int effects = 0;
};

constexpr uint64_t kSeeds = 15;

// Kinds that harm a disk for good: what was acknowledged is damaged or cannot be read, on one node
// of three, which is marked, and never on a second one.
class EachHarm : public testing::TestWithParam<std::string_view> {};

TEST_P(EachHarm, DamagesWhatWasSyncedOnAMinorityOnly) {
  int harmed = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machines machines(seed);
    bool damaged[3] = {};
    const auto look = [&] {
      for (int i = 0; i < 3; ++i) {
        damaged[i] |= machines.Damaged(machines.context.nodes[i]) ||
                      machines.seen[i].read_errors > 0 || machines.seen[i].bad_reads > 0;
      }
    };
    look();
    ASSERT_EQ(std::count(damaged, damaged + 3, true), 0);
    Closure stop = machines.Begin(GetParam());
    look();
    machines.world.RunFor(milliseconds(100));
    stop();
    look();
    machines.world.RunFor(seconds(1));
    look();
    for (int i = 0; i < 3; ++i) {
      if (!damaged[i]) continue;
      ++harmed;
      EXPECT_TRUE(machines.world.process(machines.context.nodes[i]).broken());
    }
    std::vector<Closure> more;
    for (int i = 0; i < 30; ++i) {
      if (Closure stop_again = FindFault(GetParam())->begin(machines.context)) {
        more.push_back(std::move(stop_again));
      }
    }
    machines.world.RunFor(milliseconds(100));
    for (Closure& stop_again : more) stop_again();
    EXPECT_EQ(machines.Broken(), 1) << seed;
    const bool out = GetParam() == "lost-disk" || GetParam() == "stale-image";
    for (const NodeId node : machines.context.nodes) {
      if (!machines.world.process(node).broken()) continue;
      EXPECT_EQ(machines.world.process(node).retired(), out);
      if (out) {
        EXPECT_FALSE(machines.world.process(node).running());
      }
    }
  }
  // A file that is read again and again shows it; the others only some of the time.
  EXPECT_GE(harmed, static_cast<int>(kSeeds) / 3);
}

std::string WithUnderscores(std::string_view kind) {
  std::string name(kind);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string_view> Harms() {
  std::vector<std::string_view> names;
  for (const FaultRow& row : FaultTable()) {
    if (row.breaks()) names.push_back(row.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, EachHarm, testing::ValuesIn(Harms()),
                         [](const auto& info) { return WithUnderscores(info.param); });

// What a fault that leaves the disk whole did, over some seeds.
struct Outcome {
  int effects = 0;
  int damaged = 0;  // Nodes.
  Machines::Seen seen;
};
Outcome RunKind(std::string_view kind, Duration length = milliseconds(400),
                Duration rest = seconds(2)) {
  Outcome outcome;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machines machines(seed);
    Closure stop = machines.Begin(kind);
    machines.world.RunFor(length);
    stop();
    machines.world.RunFor(rest);
    outcome.effects += machines.effects;
    const Machines::Seen sum = machines.Sum();
    outcome.seen.lives += sum.lives - 3;
    outcome.seen.bad_reads += sum.bad_reads;
    outcome.seen.refused += sum.refused;
    outcome.seen.sync_errors += sum.sync_errors;
    outcome.seen.slowest_sync = std::max(outcome.seen.slowest_sync, sum.slowest_sync);
    EXPECT_EQ(machines.Broken(), 0);
    for (const NodeId node : machines.context.nodes) {
      outcome.damaged += machines.Damaged(node);
      EXPECT_TRUE(machines.world.process(node).running());
      EXPECT_GT(machines.seen[node.value() - 1].acknowledged, 200 * kBlock);  // It went on.
    }
  }
  return outcome;
}

TEST(DiskFaultsTest, LyingReadsLeaveTheDiskAlone) {
  for (const std::string_view kind : {"bit-flip", "misdirected-read"}) {
    const Outcome outcome = RunKind(kind, seconds(1));
    EXPECT_GT(outcome.effects, 5) << kind;
    EXPECT_GT(outcome.seen.bad_reads, 3) << kind;
    EXPECT_LE(outcome.seen.bad_reads, outcome.effects) << kind;
    EXPECT_EQ(outcome.damaged, 0) << kind;
  }
}

TEST(DiskFaultsTest, AFailedSyncIsToldOnce) {
  const Outcome outcome = RunKind("failed-sync");
  EXPECT_GT(outcome.effects, 10);
  EXPECT_GT(outcome.seen.sync_errors, 5);
  EXPECT_LE(outcome.seen.sync_errors, outcome.effects);
}

TEST(DiskFaultsTest, NoSpaceRefusesAndComesBack) {
  const Outcome outcome = RunKind("no-space");
  EXPECT_EQ(outcome.effects, static_cast<int>(kSeeds));
  EXPECT_GT(outcome.seen.refused, static_cast<int>(kSeeds) * 10);
  EXPECT_EQ(outcome.damaged, 0);
}

TEST(DiskFaultsTest, AStalledDiskEndsNothingForSeconds) {
  const Outcome outcome = RunKind("stalled-disk", milliseconds(400), seconds(7));
  EXPECT_EQ(outcome.effects, static_cast<int>(kSeeds));
  EXPECT_GT(outcome.seen.slowest_sync, 4'000'000'000);
  EXPECT_EQ(outcome.damaged, 0);
}

TEST(DiskFaultsTest, PowerCutsAtBadMomentsLoseNothingThatWasAcknowledged) {
  for (const std::string_view kind :
       {"crash-at-name", "lost-names", "reordered-names", "torn-write", "unsynced-loss"}) {
    const Outcome outcome = RunKind(kind);
    EXPECT_GT(outcome.effects, 3) << kind;
    EXPECT_GE(outcome.seen.lives, outcome.effects) << kind;
    EXPECT_EQ(outcome.damaged, 0) << kind;
  }
}

// Right after the cut: all of what was not synced is gone, or some of its sectors are.
TEST(DiskFaultsTest, UnsyncedLossLosesAllAndTornWriteLosesSome) {
  int whole = 0, torn = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    for (const std::string_view kind : {"torn-write", "unsynced-loss"}) {
      Machines machines(seed);
      Closure stop = machines.Begin(kind);
      ASSERT_TRUE(machines.world.RunUntilTrue([&] { return machines.effects > 0; }, seconds(1)));
      for (const NodeId node : machines.context.nodes) {
        if (machines.world.process(node).running()) continue;
        const size_t acknowledged = machines.seen[node.value() - 1].acknowledged;
        const std::string f = machines.world.process(node).disk().Peek("f");
        if (kind == "unsynced-loss") {
          EXPECT_EQ(f.size(), acknowledged);
          ++whole;
        } else if (f.size() > acknowledged && !IsPattern(f)) {
          ++torn;
        }
      }
      stop();
    }
  }
  EXPECT_EQ(whole, 40);
  EXPECT_GT(torn, 3);
}

}  // namespace
}  // namespace quadraft::sim
