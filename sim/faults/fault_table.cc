#include "sim/faults/fault.h"

namespace quadraft::sim {

const std::vector<FaultRow>& FaultTable() {
  static const auto& table = *new std::vector<FaultRow>{
      {"clock-step", "a node's wall clock jumps by up to ten minutes", BeginClockStep},
      {"crash", "a node loses power and what it had not synced", BeginCrash},
      {"delay-burst", "every message is late by 10 to 300 ms", BeginDelayBurst},
      {"depose", "whoever comes to lead is cut off within milliseconds", BeginDepose},
      {"disk-error", "a disk operation fails with an I/O error", BeginDiskError},
      {"disk-full", "a disk has no space left", BeginDiskFull},
      {"duplication", "messages arrive twice", BeginDuplication},
      {"isolation", "a node is cut off from all the others", BeginIsolation},
      {"kill", "kill -9 of a node", BeginKill},
      {"loss-burst", "messages are lost", BeginLossBurst},
      {"majority-down", "a majority of the nodes is dead at once", BeginMajorityDown,
       /*beyond_tolerance=*/true},
      {"majority-pause", "a majority of the nodes stands still at once", BeginMajorityPause,
       /*beyond_tolerance=*/true},
      {"one-way-cut", "a link works in one direction only", BeginOneWayCut},
      {"pause", "a node is stopped for longer than an election timeout", BeginPause},
      {"power-failure", "all nodes lose power at once", BeginPowerFailure,
       /*beyond_tolerance=*/true},
      {"reorder", "messages overtake each other", BeginReorder},
      {"shatter", "no node hears any other one", BeginShatter, /*beyond_tolerance=*/true},
      {"slow-disk", "a node's syncs take 10 to 200 times as long", BeginSlowDisk},
      {"symmetric-partition", "two groups of nodes do not hear each other",
       BeginSymmetricPartition},
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
