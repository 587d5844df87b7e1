// One replica's log in memory, from just after the snapshot index to the last entry, and how far
// it is on disk.
//
//   log.Append(entry);                      // Unsaved.
//   auto batch = log.TakeUnsaved(sync_id);  // To be written; durable once that sync is done:
//   log.Synced(sync_id);                    // stable_index() moves.
//
// Invariants:
//   1. Entries are contiguous from snapshot_index() + 1; terms never decrease.
//   2. stable_index() <= last_index(); everything up to it is on disk exactly as here. A suffix
//      that was written, replaced and written again becomes stable only by the sync that covers
//      the LAST writing (the "append ABA race": a completion names the sync, and Truncate takes
//      from every sync under way what it no longer proves).
//   3. commit is not kept here; the machine never truncates at or below it.
#ifndef QUADRAFT_CORE_RAFT_LOG_H_
#define QUADRAFT_CORE_RAFT_LOG_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/raft/types.h"

namespace quadraft::raft {

class Log {
 public:
  // All of `entries` (contiguous from snapshot_index + 1) are durable.
  Log(LogIndex snapshot_index, RaftTerm snapshot_term, std::vector<Entry> entries);

  LogIndex snapshot_index() const { return snapshot_index_; }
  RaftTerm snapshot_term() const { return snapshot_term_; }
  LogIndex last_index() const { return LogIndex{snapshot_index_.value() + entries_.size()}; }
  RaftTerm last_term() const { return entries_.empty() ? snapshot_term_ : entries_.back().term; }
  LogIndex stable_index() const { return stable_; }
  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }  // Of payloads.
  // How often entries were replaced; for the checkers.
  uint64_t truncations() const { return truncations_; }

  // The term of the entry at `index`; nullopt below the snapshot index or beyond the end.
  std::optional<RaftTerm> term_at(LogIndex index) const;
  bool Has(LogIndex index, RaftTerm term) const { return term_at(index) == term; }
  const Entry& at(LogIndex index) const;  // snapshot_index() < index <= last_index().

  // Entries from `first` on: at least one (when there is one), then as many as both bounds and
  // `last` allow.
  std::vector<Entry> Slice(LogIndex first, LogIndex last, size_t entries_max,
                           size_t bytes_max) const;

  // The largest index <= `index` whose term is <= `term`; the snapshot index when nothing above it
  // is.
  LogIndex LastAtOrBelow(LogIndex index, RaftTerm term) const;

  void Append(Entry entry);  // entry.index == last_index() + 1.
  // Drops `first` and everything after; first > snapshot_index().
  void TruncateFrom(LogIndex first);

  bool has_unsaved() const { return unsaved_from_ <= last_index(); }
  LogIndex unsaved_from() const { return unsaved_from_; }
  // The entries not yet handed out, which the caller writes now and the sync `sync_id` (growing)
  // will cover.
  std::vector<Entry> TakeUnsaved(uint64_t sync_id);
  void Synced(uint64_t sync_id);
  // The sync under way that makes `index` stable; 0: stable already; nullopt: not handed out yet.
  std::optional<uint64_t> SyncOf(LogIndex index) const;

  // Forgets entries up to `index` (snapshot_index() <= index <= last_index()).
  void CompactTo(LogIndex index);
  // The state up to (index, term) came from elsewhere: keeps what follows a matching entry, else
  // drops everything.
  void InstallSnapshot(LogIndex index, RaftTerm term);

 private:
  struct SyncUnderWay {
    uint64_t id;
    LogIndex last;  // What it proves durable.
  };
  size_t position(LogIndex index) const { return index.value() - snapshot_index_.value() - 1; }

  LogIndex snapshot_index_;
  RaftTerm snapshot_term_;
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  LogIndex stable_;
  LogIndex unsaved_from_;
  std::deque<SyncUnderWay> syncs_;  // By id; `last` never decreases.
  uint64_t truncations_ = 0;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_LOG_H_
