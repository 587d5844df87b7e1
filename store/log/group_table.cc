#include "store/log/group_table.h"

#include <algorithm>

#include "core/base/mutant.h"

namespace quadraft::store {

void GroupTable::NoteEntries(uint64_t segment, GroupId group, LogIndex last) {
  LogIndex& highest = segments_[segment][group];
  highest = std::max(highest, last);
  groups_[group].highest = std::max(groups_[group].highest, last);
}

void GroupTable::NoteHardState(uint64_t segment, GroupId group, const raft::HardState& state) {
  groups_[group].hard_state = state;
  groups_[group].hard_state_segment = segment;
}

void GroupTable::NoteMark(uint64_t segment, GroupId group, const SnapshotMark& mark) {
  Group& row = groups_[group];
  if (row.mark.has_value() && mark.index < row.mark->index) return;
  row.mark = mark;
  row.mark_segment = segment;
}

void GroupTable::NoteRepair(uint64_t segment, GroupId group, RaftTerm floor) {
  groups_[group].repair_floor = std::max(groups_[group].repair_floor, floor);
  groups_[group].repair_segment = segment;
}

// The entry at the mark is needed as long as others follow it: when it is another one than the
// mark's, they were dropped, and nothing else in the log says so.
uint64_t GroupTable::OldestNeeded(uint64_t current) const {
  for (const auto& [number, highest] : segments_) {
    if (number >= current) break;
    for (const auto& [group, last] : highest) {
      const Group& row = groups_.at(group);
      const bool live = !row.mark || row.mark->index < last ||
                        (row.mark->index == last && row.mark->index < row.highest);
      if (live && !QR_MUTANT("segment-removed-with-live-entries")) return number;
    }
  }
  return current;
}

}  // namespace quadraft::store
