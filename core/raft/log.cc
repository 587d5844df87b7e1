#include "core/raft/log.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"

namespace quadraft::raft {

Log::Log(LogIndex snapshot_index, RaftTerm snapshot_term, std::vector<Entry> entries)
    : snapshot_index_(snapshot_index), snapshot_term_(snapshot_term) {
  for (Entry& entry : entries) Append(std::move(entry));
  stable_ = last_index();
  unsaved_from_ = last_index().Next();
}

std::optional<RaftTerm> Log::term_at(LogIndex index) const {
  if (index == snapshot_index_) return snapshot_term_;
  if (index < snapshot_index_ || index > last_index()) return std::nullopt;
  return entries_[position(index)].term;
}

const Entry& Log::at(LogIndex index) const {
  QR_CHECK(index > snapshot_index_ && index <= last_index())
      << "entry " << index << " of (" << snapshot_index_ << ", " << last_index() << "]";
  return entries_[position(index)];
}

std::vector<Entry> Log::Slice(LogIndex first, LogIndex last, size_t entries_max,
                              size_t bytes_max) const {
  std::vector<Entry> slice;
  size_t bytes = 0;
  for (LogIndex index = first; index <= std::min(last, last_index()); index = index.Next()) {
    const Entry& entry = at(index);
    bytes += entry.payload_bytes();
    if (!slice.empty() && (slice.size() >= entries_max || bytes > bytes_max)) break;
    slice.push_back(entry);
  }
  return slice;
}

LogIndex Log::LastAtOrBelow(LogIndex index, RaftTerm term) const {
  index = std::min(index, last_index());
  while (index > snapshot_index_ && at(index).term > term) index = index.Previous();
  return std::max(index, snapshot_index_);
}

void Log::Append(Entry entry) {
  QR_CHECK(entry.index == last_index().Next() && entry.term >= last_term())
      << "append " << entry.index << "/" << entry.term << " after " << last_index() << "/"
      << last_term();
  bytes_ += entry.payload_bytes();
  entries_.push_back(std::move(entry));
}

void Log::TruncateFrom(LogIndex first) {
  QR_CHECK(first > snapshot_index_)
      << "truncate from " << first << " at snapshot " << snapshot_index_;
  if (first > last_index()) return;
  while (last_index() >= first) {
    bytes_ -= entries_.back().payload_bytes();
    entries_.pop_back();
  }
  ++truncations_;
  SIM_SOMETIMES(!syncs_.empty() && syncs_.back().last >= first, "truncated-under-sync");
  unsaved_from_ = std::min(unsaved_from_, first);
  if (QR_MUTANT("overwritten-entries-stay-stable")) return;
  stable_ = std::min(stable_, last_index());
  for (SyncUnderWay& sync : syncs_) sync.last = std::min(sync.last, last_index());
}

std::vector<Entry> Log::TakeUnsaved(uint64_t sync_id) {
  std::vector<Entry> unsaved(entries_.begin() + position(unsaved_from_), entries_.end());
  unsaved_from_ = last_index().Next();
  syncs_.push_back({sync_id, last_index()});
  return unsaved;
}

void Log::Synced(uint64_t sync_id) {
  while (!syncs_.empty() && syncs_.front().id <= sync_id) {
    stable_ = std::max(stable_, syncs_.front().last);
    syncs_.pop_front();
  }
}

std::optional<uint64_t> Log::SyncOf(LogIndex index) const {
  if (index <= stable_) return 0;
  for (const SyncUnderWay& sync : syncs_) {
    if (sync.last >= index) return sync.id;
  }
  return std::nullopt;
}

void Log::CompactTo(LogIndex index) {
  QR_CHECK(index <= stable_) << "compact to " << index << ", stable " << stable_;
  if (index <= snapshot_index_) return;
  const RaftTerm term = at(index).term;
  while (snapshot_index_ < index) {
    bytes_ -= entries_.front().payload_bytes();
    entries_.pop_front();
    snapshot_index_ = snapshot_index_.Next();
  }
  snapshot_term_ = term;
}

void Log::InstallSnapshot(LogIndex index, RaftTerm term) {
  if (index <= snapshot_index_) return;
  if (Has(index, term) || (QR_MUTANT("snapshot-keeps-log") && term_at(index))) {
    stable_ = std::max(stable_, index);
    unsaved_from_ = std::max(unsaved_from_, index.Next());
    CompactTo(index);
    return;
  }
  if (!entries_.empty()) ++truncations_;
  entries_.clear();
  bytes_ = 0;
  snapshot_index_ = index;
  snapshot_term_ = term;
  stable_ = index;
  unsaved_from_ = index.Next();
  syncs_.clear();  // They covered what is gone.
}

}  // namespace quadraft::raft
