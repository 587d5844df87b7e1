#include <iterator>

#include "sim/faults/fault.h"

namespace quadraft::sim {
namespace {

constexpr FaultRow kRows[] = {
    {"asymmetric-partition", "one group of nodes hears the other and is not heard",
     BeginAsymmetricPartition},
    {"bandwidth-limit", "what a node sends leaves it slowly", BeginBandwidthLimit},
    {"bit-corruption", "bits of messages between nodes are flipped", BeginBitCorruption},
    {"bit-flip", "one bit of a read flips on its way from the disk", BeginBitFlip, false,
     kCountsItself},
    {"bit-rot", "bits of what a node had synced flip", BeginBitRot, false, kBreaks},
    {"bridge-partition", "two halves that do not hear each other, and a node that hears both",
     BeginBridgePartition},
    {"client-partition", "clients do not reach some servers, or are not answered",
     BeginClientPartition},
    {"clock-drift", "a node's clocks and timers run too fast or too slow", BeginClockDrift},
    {"clock-freeze", "a node's clocks and timers stand still", BeginClockFreeze},
    {"clock-skew", "the nodes' wall clocks differ by up to an hour", BeginClockSkew},
    {"clock-step", "a node's wall clock jumps by up to ten minutes", BeginClockStep},
    {"clogging", "links hold everything up and then let it go at once", BeginClogging},
    {"compact-now", "nodes compact their logs at any moment", BeginCompactNow},
    {"connection-reset", "connections are reset again and again", BeginConnectionReset},
    {"contested-change", "whoever comes to lead changes the members and is cut off",
     BeginContestedChange},
    {"crash", "a node loses power and what it had not synced", BeginCrash},
    {"crash-at-event", "a node crashes after any of its events", BeginCrashAtEvent},
    {"crash-at-name", "a node loses power between two operations on names", BeginCrashAtName, false,
     kCountsItself},
    {"crash-at-write", "a node loses power between a write and its sync", BeginCrashAtWrite},
    {"crash-in-recovery", "a node crashes within the first events of its start",
     BeginCrashInRecovery},
    {"crash-loop", "a node crashes again and again soon after its start", BeginCrashLoop},
    {"delay-bimodal", "one message in twenty is very slow", BeginDelayBimodal},
    {"delay-burst", "every message is late by 10 to 300 ms", BeginDelayBurst},
    {"delay-exponential", "delays are exponential", BeginDelayExponential},
    {"delay-heavy-tail", "delays have a heavy tail", BeginDelayHeavyTail},
    {"delay-uniform", "delays are uniform and large", BeginDelayUniform},
    {"depose", "whoever comes to lead is cut off within milliseconds", BeginDepose},
    {"disk-error", "a disk operation fails with an I/O error", BeginDiskError, false,
     kCountsItself},
    {"disk-full", "a disk has no space left", BeginDiskFull, false, kCountsItself},
    {"duplication", "messages arrive twice", BeginDuplication},
    {"error-in-recovery", "a disk operation fails while a node starts", BeginErrorInRecovery, false,
     kCountsItself},
    {"failed-sync", "a sync fails, and the next one says that all is well", BeginFailedSync, false,
     kCountsItself},
    {"flapping-partition", "a partition that comes and goes", BeginFlappingPartition},
    {"half-open", "connections swallow everything and neither end is told", BeginHalfOpen},
    {"isolation", "a node is cut off from all the others", BeginIsolation},
    {"kill", "kill -9 of a node", BeginKill},
    {"latent-sector", "sectors of a disk cannot be read any more", BeginLatentSector, false,
     kBreaks},
    {"leader-transfer", "the leader hands its leadership on", BeginLeaderTransfer},
    {"log-rot", "bytes of a log flip or its files lose their ends, on a minority of the nodes",
     BeginLogRot, false, kBreaks},
    {"long-pause", "a node is stopped for longer than any lease", BeginLongPause},
    {"loss-burst", "messages are lost", BeginLossBurst},
    {"lost-disk", "a whole disk is lost, and a spare server takes its place", BeginLostDisk, false,
     kBreaks | kReplaced},
    {"lost-file", "a directory loses the entry of a synced file", BeginLostFile, false, kBreaks},
    {"lost-names", "a node loses power, and names that were not synced are as they were",
     BeginLostNames, false, kCountsItself},
    {"majority-down", "a majority of the nodes is dead at once", BeginMajorityDown,
     /*beyond_tolerance=*/true},
    {"majority-pause", "a majority of the nodes stands still at once", BeginMajorityPause,
     /*beyond_tolerance=*/true},
    {"membership-change", "voters are removed, replaced and added again", BeginMembershipChange},
    {"memory-limit", "a node runs with caches and queues of next to nothing", BeginMemoryLimit},
    {"misdirected-read", "a read brings a sector of another place", BeginMisdirectedRead, false,
     kCountsItself},
    {"misdirected-write", "a sector lands in another place of the disk", BeginMisdirectedWrite,
     false, kBreaks},
    {"mixed-versions", "some nodes run an older version", BeginMixedVersions},
    {"no-space", "not one more byte fits on a disk", BeginNoSpace, false, kCountsItself},
    {"one-way-cut", "a link works in one direction only", BeginOneWayCut},
    {"other-settings", "a node is restarted with other sizes and bounds", BeginOtherSettings},
    {"partial-partition", "pairs of nodes do not hear each other; everybody else hears both",
     BeginPartialPartition},
    {"pause", "a node is stopped for longer than an election timeout", BeginPause},
    {"phantom-write", "what was acknowledged and synced never reached the medium",
     BeginPhantomWrite, false, kBreaks},
    {"power-failure", "all nodes lose power at once", BeginPowerFailure,
     /*beyond_tolerance=*/true},
    {"reorder", "messages overtake each other", BeginReorder},
    {"reordered-names",
     "a node loses power; of the names that were not synced, later ones may outlive earlier ones",
     BeginReorderedNames, false, kCountsItself},
    {"ring-partition", "each node hears another majority than the next one", BeginRingPartition},
    {"rolling-restart", "all nodes are restarted, one after the other", BeginRollingRestart},
    {"shatter", "no node hears any other one", BeginShatter, /*beyond_tolerance=*/true},
    {"slow-cpu", "each event of a node takes its time", BeginSlowCpu},
    {"slow-disk", "a node's syncs take 10 to 200 times as long", BeginSlowDisk, false,
     kCountsItself},
    {"snapshot-now", "nodes drop their logs for their states at any moment", BeginSnapshotNow},
    {"stale-image", "a disk goes back to what it once was", BeginStaleImage, false,
     kBreaks | kCountsItself},
    {"stale-replay", "old messages arrive after a restart", BeginStaleReplay},
    {"stalled-disk", "a disk stands still for seconds", BeginStalledDisk, false, kCountsItself},
    {"swizzle-clog", "nodes are clogged one by one and freed in another order", BeginSwizzleClog},
    {"symmetric-partition", "two groups of nodes do not hear each other", BeginSymmetricPartition},
    {"torn-write", "a node loses power in the middle of a write", BeginTornWrite, false,
     kCountsItself},
    {"truncated-file", "the medium forgets the end of a file", BeginTruncatedFile, false, kBreaks},
    {"unsynced-loss", "a node loses power and all that it had not synced", BeginUnsyncedLoss, false,
     kCountsItself},
};

}  // namespace

const std::vector<FaultRow>& FaultTable() {
  static const auto& table = *new std::vector<FaultRow>(std::begin(kRows), std::end(kRows));
  return table;
}

const FaultRow* FindFault(std::string_view name) {
  for (const FaultRow& row : FaultTable()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace quadraft::sim
