// Every record of every file of a node's disk damaged in turn, on one node of three: a byte of it
// flipped, the file cut at it and within it, the file gone. And the logs of two nodes of five at the
// same time. Nothing that was acknowledged is lost, and what clients saw is linearizable. What the
// other nodes can bring back they do: the node serves again, with a vote. Else it refuses to start,
// and says what to do.
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/cluster/cluster.h"
#include "sim/workloads/register_workload.h"
#include "store/log/format.h"
#include "store/log/high_water.h"
#include "store/log/promises.h"

namespace quadraft::sim {
namespace {

constexpr NodeId kVictim{2};

struct Harm {
  std::string path;
  uint64_t at = 0;
  enum Kind { kFlip, kCut, kLose } kind = kFlip;
  friend std::ostream& operator<<(std::ostream& out, const Harm& harm) {
    constexpr std::string_view kNames[] = {" flipped at ", " cut at ", " lost, not at "};
    return out << harm.path << kNames[harm.kind] << harm.at;
  }
};

struct DamagedRun {
  explicit DamagedRun(int nodes)
      : world(5),
        cluster(&world, Sizes(nodes)),
        workload({.world = &world, .addresses = Addresses(nodes)}, Clients()) {}

  static ClusterOptions Sizes(int nodes) {
    ClusterOptions sizes{.nodes = nodes, .segment_bytes = 4096};
    sizes.replica.retained_entries_max = 40;
    return sizes;
  }
  static RegisterOptions Clients() {
    RegisterOptions options;
    options.keys = 2;
    options.clients.clients = 2;
    options.clients.think_max = milliseconds(20);
    return options;
  }
  std::vector<std::string> Addresses(int nodes) {
    std::vector<std::string> addresses;
    for (int i = 1; i <= nodes; ++i) addresses.push_back(cluster.address(NodeId(i)));
    return addresses;
  }

  // Until the victims are down, with what they had acknowledged on their disks and vouched for.
  void Prepare(const std::vector<NodeId>& victims) {
    cluster.StartAll();
    workload.Start();
    world.RunFor(milliseconds(1200));
    workload.StopIssuing();
    world.RunUntilTrue([&] { return workload.Idle(); }, seconds(10));
    world.RunFor(milliseconds(300));
    for (const NodeId victim : victims) cluster.process(victim).Crash(CrashKind::kPower);
  }
  bool Apply(NodeId victim, const Harm& harm) {
    SimDisk& disk = cluster.process(victim).disk();
    cluster.process(victim).MarkBroken();
    switch (harm.kind) {
      case Harm::kFlip:
        return disk.FlipBit(harm.path, harm.at, static_cast<int>(harm.at % 8)).ok();
      case Harm::kCut:
        return disk.CutFile(harm.path, harm.at).ok();
      case Harm::kLose:
        return disk.LoseFile(harm.path).ok();
    }
    return false;
  }
  // The rest of the run, with the victims back.
  Status Finish(const std::vector<NodeId>& victims) {
    for (const NodeId victim : victims) cluster.Restart(victim, Duration(0));
    workload.Start();
    world.RunFor(milliseconds(1500));
    workload.StopIssuing();
    world.RunUntilTrue([&] { return workload.Idle() && cluster.AllRunning(); }, seconds(30));
    world.RunFor(seconds(3));
    // The one that the final reads go to: a victim, when it serves.
    NodeId reader{1};
    for (const NodeId victim : victims) {
      if (Repaired(victim)) reader = victim;
    }
    workload.BeginFinalReads(cluster.address(reader));
    const bool read = world.RunUntilTrue([&] { return workload.FinalReadsDone(); }, seconds(30));
    QR_RETURN_IF_ERROR(cluster.violation());
    QR_RETURN_IF_ERROR(workload.violation());
    if (!read) return Internal("the final reads do not end");
    return workload.CheckHistory();
  }
  // It serves, holds what the leader holds, and may vote.
  bool Repaired(NodeId node) {
    node::Node* const found = cluster.node(node);
    const NodeId leader = cluster.Leader();
    if (found == nullptr || leader == NodeId{}) return false;
    const auto& group = found->replicas();
    return !group.raft(node::kDataGroup).repairing() &&
           world.RunUntilTrue(
               [&] {
                 return group.applied_index(node::kDataGroup) ==
                        cluster.node(leader)->replicas().last_index(node::kDataGroup);
               },
               seconds(2)) &&
           found->state().content_digest() == cluster.node(leader)->state().content_digest();
  }
  bool SaidWhatToDo(NodeId node) {
    for (const std::string& line : cluster.process(node).log()) {
      if (line.find("quadraft member replace") != std::string::npos) return true;
    }
    return false;
  }

  World world;
  Cluster cluster;
  RegisterWorkload workload;
};

// Where the records of a file begin; a few places of one whose records this test does not know.
std::vector<uint64_t> RecordsOf(const std::string& path, const std::string& bytes) {
  std::vector<uint64_t> places;
  if (path.starts_with("log/") && path.ends_with(".log")) {
    places.push_back(0);
    for (size_t at = store::kSegmentHeaderBytes; at < bytes.size();) {
      places.push_back(at);
      const auto record = store::ParseRecord(std::string_view(bytes).substr(at));
      if (!record) break;
      at += record->bytes;
    }
  } else {
    const uint64_t step = path.starts_with("log/")
                              ? store::kHighWaterRecordBytes
                              : std::max<uint64_t>(bytes.size() / 4, 1);
    for (uint64_t at = 0; at < bytes.size(); at += step) places.push_back(at);
  }
  return places;
}

std::vector<Harm> AllHarms(const SimDisk& disk, std::string_view prefix) {
  std::vector<Harm> harms;
  for (const SimDisk::FileInfo& file : disk.DurableFiles()) {
    if (!file.path.starts_with(prefix)) continue;
    const std::string bytes = disk.Peek(file.path).substr(0, file.durable);
    for (const uint64_t at : RecordsOf(file.path, bytes)) {
      harms.push_back({file.path, at, Harm::kFlip});
      if (at + 24 < bytes.size()) harms.push_back({file.path, at + 24, Harm::kFlip});
      harms.push_back({file.path, at, Harm::kCut});
      if (at + 12 < bytes.size()) harms.push_back({file.path, at + 12, Harm::kCut});
    }
    harms.push_back({file.path, 0, Harm::kLose});
  }
  return harms;
}

struct Outcome {
  int repaired = 0, refused = 0, retired = 0;
};

Outcome EachInTurn(std::string_view prefix, size_t every) {
  std::vector<Harm> harms;
  {
    DamagedRun run(3);
    run.Prepare({kVictim});
    harms = AllHarms(run.cluster.process(kVictim).disk(), prefix);
  }
  Outcome outcome;
  for (size_t i = 0; i < harms.size(); i += every) {
    DamagedRun run(3);
    run.Prepare({kVictim});
    EXPECT_TRUE(run.Apply(kVictim, harms[i])) << harms[i];
    const Status status = run.Finish({kVictim});
    EXPECT_TRUE(status.ok()) << harms[i] << ": " << ToString(status);
    if (run.Repaired(kVictim)) {
      ++outcome.repaired;
    } else if (run.SaidWhatToDo(kVictim)) {
      ++outcome.refused;
      if (prefix == "state/") ADD_FAILURE() << harms[i] << ": " << run.cluster.process(kVictim).log().back();
    } else {
      // Nobody could have noticed: only what nothing vouches for (vouched.h).
      EXPECT_TRUE(run.cluster.process(kVictim).retired()) << harms[i];
      ++outcome.retired;
    }
    if (testing::Test::HasFailure()) break;
  }
  std::cout << prefix << ": " << harms.size() / every << " harms, " << outcome.repaired
            << " repaired, " << outcome.refused << " refused, " << outcome.retired << " unnoticed\n";
  return outcome;
}

// All but the sync mark at the very end, which nothing vouches for.
TEST(LogRotTest, EveryRecordOfTheLogIsBroughtBack) {
  const Outcome outcome = EachInTurn("log/0", 3);
  EXPECT_GT(outcome.repaired, 40);
  EXPECT_EQ(outcome.refused, 0);
  EXPECT_LE(outcome.retired, 4);
}

// The witnesses beside it: of promises and of what was durable. The log is whole, and says it again.
TEST(LogRotTest, WitnessesAreWrittenAnew) {
  for (const std::string_view name : {"log/high-water", "log/promises"}) {
    const Outcome outcome = EachInTurn(name, 2);
    EXPECT_GT(outcome.repaired, 2) << name;
    EXPECT_EQ(outcome.refused + outcome.retired, 0) << name;
  }
}

// Nobody can tell it who it was.
TEST(LogRotTest, ADamagedIdentityIsRefused) {
  const Outcome outcome = EachInTurn("log/identity", 1);
  EXPECT_EQ(outcome.repaired, 0);
  EXPECT_GT(outcome.refused, 2);
}

// What a start notices of it: the others send the state again.
TEST(LogRotTest, ADamagedStateIsBroughtBack) {
  const Outcome outcome = EachInTurn("state/", 1);
  EXPECT_GT(outcome.repaired, 30);
  EXPECT_EQ(outcome.refused + outcome.retired, 0);
}

// A minority at the same time, at places that differ.
TEST(LogRotTest, TwoOfFiveAtTheSameTime) {
  const std::vector<NodeId> victims = {NodeId{2}, NodeId{4}};
  std::vector<std::vector<Harm>> harms;
  {
    DamagedRun run(5);
    run.Prepare(victims);
    for (const NodeId victim : victims) {
      harms.push_back(AllHarms(run.cluster.process(victim).disk(), "log/0"));
    }
  }
  for (size_t i = 0; i < 12; ++i) {
    DamagedRun run(5);
    run.Prepare(victims);
    for (size_t v = 0; v < victims.size(); ++v) {
      const Harm& harm = harms[v][(i * 7 + v * 11) * harms[v].size() / 110 % harms[v].size()];
      EXPECT_TRUE(run.Apply(victims[v], harm)) << harm;
    }
    const Status status = run.Finish(victims);
    ASSERT_TRUE(status.ok()) << i << ": " << ToString(status);
    for (const NodeId victim : victims) {
      EXPECT_TRUE(run.Repaired(victim) || run.cluster.process(victim).retired()) << i;
    }
  }
}

}  // namespace
}  // namespace quadraft::sim
