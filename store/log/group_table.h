// What the log knows of every group while it runs: the latest small records, where they stand, and
// how far the entries in each segment reach. From this it decides which old segments nobody needs.
//
// Invariant: a segment may be given up when, for every group, the entries in it are before the
// group's snapshot mark, or end at it and no later ones follow in another, and the group's latest
// hard state and mark stand in a later segment.
#ifndef QUADRAFT_STORE_LOG_GROUP_TABLE_H_
#define QUADRAFT_STORE_LOG_GROUP_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>

#include "store/log/format.h"

namespace quadraft::store {

class GroupTable {
 public:
  struct Group {
    std::optional<raft::HardState> hard_state;
    std::optional<SnapshotMark> mark;
    uint64_t hard_state_segment = 0;  // Where the latest one stands.
    uint64_t mark_segment = 0;
    RaftTerm repair_floor;  // Zero: none.
    uint64_t repair_segment = 0;
    // Of the entries in all segments. One that lies beyond the mark keeps its segment, so none such
    // has gone.
    LogIndex highest;
  };

  void AddSegment(uint64_t number) { segments_[number]; }
  void RemoveSegment(uint64_t number) { segments_.erase(number); }
  void NoteEntries(uint64_t segment, GroupId group, LogIndex last);
  void NoteHardState(uint64_t segment, GroupId group, const raft::HardState& state);
  void NoteMark(uint64_t segment, GroupId group, const SnapshotMark& mark);
  void NoteRepair(uint64_t segment, GroupId group, RaftTerm floor);

  // The first segment whose entries somebody needs, at most `current`.
  uint64_t OldestNeeded(uint64_t current) const;

  const std::map<GroupId, Group>& groups() const { return groups_; }
  const std::map<uint64_t, std::map<GroupId, LogIndex>>& segments() const { return segments_; }

 private:
  std::map<GroupId, Group> groups_;
  std::map<uint64_t, std::map<GroupId, LogIndex>> segments_;  // Highest entry index by group.
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_GROUP_TABLE_H_
