#include "sim/faults/fault.h"

namespace quadraft::sim {

const std::vector<FaultRow>& FaultTable() {
  static const auto& table = *new std::vector<FaultRow>{
      {"bit-flip", "one bit of a read flips on its way from the disk", BeginBitFlip, false,
       kCountsItself},
      {"bit-rot", "bits of what a node had synced flip", BeginBitRot, false, kBreaks},
      {"clock-step", "a node's wall clock jumps by up to ten minutes", BeginClockStep},
      {"crash", "a node loses power and what it had not synced", BeginCrash},
      {"delay-burst", "every message is late by 10 to 300 ms", BeginDelayBurst},
      {"depose", "whoever comes to lead is cut off within milliseconds", BeginDepose},
      {"disk-error", "a disk operation fails with an I/O error", BeginDiskError, false,
       kCountsItself},
      {"disk-full", "a disk has no space left", BeginDiskFull, false, kCountsItself},
      {"duplication", "messages arrive twice", BeginDuplication},
      {"failed-sync", "a sync fails, and the next one says that all is well", BeginFailedSync,
       false, kCountsItself},
      {"isolation", "a node is cut off from all the others", BeginIsolation},
      {"kill", "kill -9 of a node", BeginKill},
      {"latent-sector", "sectors of a disk cannot be read any more", BeginLatentSector, false,
       kBreaks},
      {"loss-burst", "messages are lost", BeginLossBurst},
      {"lost-disk", "a whole disk is lost", BeginLostDisk, false, kBreaks},
      {"lost-file", "a directory loses the entry of a synced file", BeginLostFile, false, kBreaks},
      {"lost-names", "a node loses power, and names that were not synced are as they were",
       BeginLostNames, false, kCountsItself},
      {"majority-down", "a majority of the nodes is dead at once", BeginMajorityDown,
       /*beyond_tolerance=*/true},
      {"majority-pause", "a majority of the nodes stands still at once", BeginMajorityPause,
       /*beyond_tolerance=*/true},
      {"misdirected-read", "a read brings a sector of another place", BeginMisdirectedRead, false,
       kCountsItself},
      {"misdirected-write", "a sector lands in another place of the disk", BeginMisdirectedWrite,
       false, kBreaks},
      {"no-space", "not one more byte fits on a disk", BeginNoSpace, false, kCountsItself},
      {"one-way-cut", "a link works in one direction only", BeginOneWayCut},
      {"pause", "a node is stopped for longer than an election timeout", BeginPause},
      {"phantom-write", "what was acknowledged and synced never reached the medium",
       BeginPhantomWrite, false, kBreaks},
      {"power-failure", "all nodes lose power at once", BeginPowerFailure,
       /*beyond_tolerance=*/true},
      {"reorder", "messages overtake each other", BeginReorder},
      {"shatter", "no node hears any other one", BeginShatter, /*beyond_tolerance=*/true},
      {"slow-disk", "a node's syncs take 10 to 200 times as long", BeginSlowDisk, false,
       kCountsItself},
      {"stale-image", "a disk goes back to what it once was", BeginStaleImage, false,
       kBreaks | kCountsItself},
      {"stalled-disk", "a disk stands still for seconds", BeginStalledDisk, false, kCountsItself},
      {"symmetric-partition", "two groups of nodes do not hear each other",
       BeginSymmetricPartition},
      {"torn-write", "a node loses power in the middle of a write", BeginTornWrite, false,
       kCountsItself},
      {"truncated-file", "the medium forgets the end of a file", BeginTruncatedFile, false,
       kBreaks},
      {"unsynced-loss", "a node loses power and all that it had not synced", BeginUnsyncedLoss,
       false, kCountsItself},
  };
  return table;
}

const FaultRow* FindFault(std::string_view name) {
  for (const FaultRow& row : FaultTable()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace quadraft::sim
