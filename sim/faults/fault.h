// A fault: something that goes wrong in a World for a while. One small file each; FaultTable() has
// a row for each.
//
//   FaultContext context{...};
//   Closure stop = FindFault("symmetric-partition")->begin(context);   // Null: nothing to do just
//   now.
//   ...  stop();
//
// To add one: sim/faults/x.cc with one function of BeginFault's type, a declaration below, a row in
// fault_table.cc. It counts its effects (FaultContext::effects), and faults_test.cc sees them.
#ifndef QUADRAFT_SIM_FAULTS_FAULT_H_
#define QUADRAFT_SIM_FAULTS_FAULT_H_

#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "sim/world/world.h"

namespace quadraft::sim {

// What an operator may ask of a server.
enum class ServerCommand : uint8_t {
  kTransferLeadership,  // Away from it, to another node of its choice.
  kCompactLog,          // Up to what followers still need.
  kSnapshot,            // The state durable, the log gone: who lags needs the state.
};

// One step of a change of members.
enum class MemberStep : uint8_t {
  kAny,        // As it is drawn.
  kDropVoter,  // One voter goes, another one than the leader.
  kRestore,    // Towards all servers as voters.
};

// What a server is started with, from its next start on.
struct ServerConfig {
  uint64_t draw = 0;           // Not 0: sizes and bounds are drawn anew from this.
  bool small_memory = false;   // Caches, queues and batches of next to nothing.
  bool older_version = false;  // It speaks the wire version before the present one.
};

// The hands of a fault. Each fault that begins gets a copy of its own, with its own `random`: what
// one draws moves nothing of another. The copy outlives the run's last event. What faults share is
// behind pointers.
struct FaultContext {
  World* world = nullptr;
  std::vector<NodeId> nodes;    // The servers.
  std::vector<NodeId> clients;  // Processes of their own that connect to servers; may be none.
  Random* random = nullptr;     // Of this fault alone.
  // How often this fault has taken effect (a message was lost, a process died): it adds to it, by
  // the end of its stop closure at the latest. A fault has fired when this is above zero then.
  std::shared_ptr<uint64_t> effects = std::make_shared<uint64_t>(0);
  // Not 0: clocks may be off by no more than this, in millionths; the nodes rest on it.
  int64_t clock_drift_ppm_max = 0;
  // The node that leads now; zero when unknown. Faults aim at it half of the time.
  std::function<NodeId()> leader;
  // Brings a dead node back after `delay`.
  std::function<void(NodeId, Duration delay)> restart;
  // The other way of saying so, for kinds of disks (kCountsItself): it has just taken effect.
  std::function<void()> took_effect = [] {};
  // False: the node could not do it just now. Null: a world without such servers, as the next.
  std::function<bool(NodeId, ServerCommand)> command;
  std::function<void(NodeId, const ServerConfig&)> configure;
  // A step, drawn from `random`, asked of the node, which leads. False: it could not just now.
  // Null: not here.
  std::function<bool(NodeId, Random& random, MemberStep step)> change_members;
  // Has a spare server take the place of one that lost its disk, for as long as it takes; nothing
  // when there is none. Null: not here, it stays out.
  std::function<void(NodeId lost)> replace;
  // A fault has changed members. It goes on to restore them until whoever runs the world sees that
  // they are back, everywhere, and sets this to false: a node that is down, or thinks that it
  // leads, may hold a change of which no other knows.
  std::shared_ptr<bool> members_changing = std::make_shared<bool>(false);
  // Nodes that lost for good what they had promised to keep (a disk that is gone): the repair
  // leaves them out. A fault breaks no further node when that would leave no majority: MayBreak.
  std::shared_ptr<std::set<NodeId>> broken = std::make_shared<std::set<NodeId>>();

  // The nodes that this fault has aimed at so far, for who watches.
  std::set<NodeId> aimed;

  NodeId AnyNode() { return *aimed.insert(nodes[random->Below(nodes.size())]).first; }
  NodeId LeaderOrAny() {
    const NodeId known = leader ? leader() : NodeId{};
    return known != NodeId{} && random->OneIn(2) ? *aimed.insert(known).first : AnyNode();
  }
  // The fewest nodes whose loss the protocol does not survive, drawn.
  std::vector<NodeId> Majority() {
    std::vector<NodeId> rest = nodes, chosen;
    while (chosen.size() * 2 < nodes.size()) {
      const size_t at = random->Below(rest.size());
      chosen.push_back(rest[at]);
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return chosen;
  }
  bool MayBreak(NodeId node) const {
    return broken->contains(node) ||
           (!*members_changing && (broken->size() + 1) * 2 < nodes.size());
  }
  // MayBreak must have said yes. Everybody else learns of it from Process::broken.
  void Break(NodeId node) const {
    broken->insert(node);
    world->process(node).MarkBroken();
  }
};

using BeginFault = Closure (*)(FaultContext&);

enum FaultTrait : uint8_t {
  // Harms a disk for good (FaultContext::Break): such kinds are in fewer of the drawn mixes, since
  // a broken node misses the rest of the run.
  kBreaks = 1,
  // That it began does not mean that anything happened: it calls FaultContext::took_effect then.
  kCountsItself = 2,
  // Breaks a node, and another one takes its place: nobody misses it for long.
  kReplaced = 4,
};

struct FaultRow {
  std::string_view name;
  std::string_view what;
  BeginFault begin;
  // Takes more nodes at once than the protocol survives: for the second phase of a run.
  bool beyond_tolerance = false;
  uint8_t traits = 0;

  bool breaks() const { return (traits & kBreaks) != 0; }
  bool replaced() const { return (traits & kReplaced) != 0; }
  bool counts_itself() const { return (traits & kCountsItself) != 0; }
};

const std::vector<FaultRow>& FaultTable();  // In order of name.
const FaultRow* FindFault(std::string_view name);

Closure BeginAsymmetricPartition(FaultContext& context);
Closure BeginBandwidthLimit(FaultContext& context);
Closure BeginBitCorruption(FaultContext& context);
Closure BeginBitFlip(FaultContext& context);
Closure BeginBitRot(FaultContext& context);
Closure BeginLogRot(FaultContext& context);
Closure BeginBridgePartition(FaultContext& context);
Closure BeginClientPartition(FaultContext& context);
Closure BeginClockDrift(FaultContext& context);
Closure BeginClockFreeze(FaultContext& context);
Closure BeginClockSkew(FaultContext& context);
Closure BeginClockStep(FaultContext& context);
Closure BeginClogging(FaultContext& context);
Closure BeginCompactNow(FaultContext& context);
Closure BeginConnectionReset(FaultContext& context);
Closure BeginContestedChange(FaultContext& context);
Closure BeginCrash(FaultContext& context);
Closure BeginCrashAtEvent(FaultContext& context);
Closure BeginCrashAtName(FaultContext& context);
Closure BeginCrashAtWrite(FaultContext& context);
Closure BeginCrashInRecovery(FaultContext& context);
Closure BeginCrashLoop(FaultContext& context);
Closure BeginDelayBimodal(FaultContext& context);
Closure BeginDelayBurst(FaultContext& context);
Closure BeginDelayExponential(FaultContext& context);
Closure BeginDelayHeavyTail(FaultContext& context);
Closure BeginDelayUniform(FaultContext& context);
Closure BeginDepose(FaultContext& context);
Closure BeginDiskError(FaultContext& context);
Closure BeginDiskFull(FaultContext& context);
Closure BeginDuplication(FaultContext& context);
Closure BeginErrorInRecovery(FaultContext& context);
Closure BeginFailedSync(FaultContext& context);
Closure BeginFlappingPartition(FaultContext& context);
Closure BeginHalfOpen(FaultContext& context);
Closure BeginIsolation(FaultContext& context);
Closure BeginKill(FaultContext& context);
Closure BeginLatentSector(FaultContext& context);
Closure BeginLeaderTransfer(FaultContext& context);
Closure BeginLongPause(FaultContext& context);
Closure BeginLossBurst(FaultContext& context);
Closure BeginLostDisk(FaultContext& context);
Closure BeginLostFile(FaultContext& context);
Closure BeginLostNames(FaultContext& context);
Closure BeginMajorityDown(FaultContext& context);
Closure BeginMajorityPause(FaultContext& context);
Closure BeginMembershipChange(FaultContext& context);
Closure BeginMemoryLimit(FaultContext& context);
Closure BeginMisdirectedRead(FaultContext& context);
Closure BeginMisdirectedWrite(FaultContext& context);
Closure BeginMixedVersions(FaultContext& context);
Closure BeginNoSpace(FaultContext& context);
Closure BeginOneWayCut(FaultContext& context);
Closure BeginOtherSettings(FaultContext& context);
Closure BeginPartialPartition(FaultContext& context);
Closure BeginPause(FaultContext& context);
Closure BeginPhantomWrite(FaultContext& context);
Closure BeginPowerFailure(FaultContext& context);
Closure BeginReorder(FaultContext& context);
Closure BeginReorderedNames(FaultContext& context);
Closure BeginRingPartition(FaultContext& context);
Closure BeginRollingRestart(FaultContext& context);
Closure BeginShatter(FaultContext& context);
Closure BeginSlowCpu(FaultContext& context);
Closure BeginSlowDisk(FaultContext& context);
Closure BeginSnapshotNow(FaultContext& context);
Closure BeginStaleImage(FaultContext& context);
Closure BeginStaleReplay(FaultContext& context);
Closure BeginStalledDisk(FaultContext& context);
Closure BeginSwizzleClog(FaultContext& context);
Closure BeginSymmetricPartition(FaultContext& context);
Closure BeginTornWrite(FaultContext& context);
Closure BeginTruncatedFile(FaultContext& context);
Closure BeginUnsyncedLoss(FaultContext& context);

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_FAULTS_FAULT_H_
