#include "store/log/group_table.h"

#include <algorithm>

#include "core/base/mutant.h"

namespace quadraft::store {

void GroupTable::NoteEntries(uint64_t segment, GroupId group, LogIndex last) {
  LogIndex& highest = segments_[segment][group];
  highest = std::max(highest, last);
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

uint64_t GroupTable::OldestNeeded(uint64_t current) const {
  for (const auto& [number, highest] : segments_) {
    if (number >= current) break;
    for (const auto& [group, last] : highest) {
      const auto it = groups_.find(group);
      const bool live = it == groups_.end() || !it->second.mark || it->second.mark->index < last;
      if (live && !QR_MUTANT("segment-removed-with-live-entries")) return number;
    }
  }
  return current;
}

}  // namespace quadraft::store
