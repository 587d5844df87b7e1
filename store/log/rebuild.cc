#include "store/log/rebuild.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/sim_points.h"
#include "core/env/replace_file.h"
#include "store/log/high_water.h"
#include "store/log/promises.h"

namespace quadraft::store {
namespace {

constexpr size_t kEntriesPerRecord = 1024;
constexpr size_t kBytesPerRecord = 4u << 20;

// What a node has promised, or nothing that can be relied on.
StatusOr<Promises> Promised(Env& env, const std::string& directory, const std::string& damage,
                            const RecoveredLog& before) {
  QR_ASSIGN_OR_RETURN(ReadPromisesResult read, ReadPromises(env.disk(), directory));
  const std::string path = StrCat(directory, "/", kPromisesName);
  if (!read.found) {
    return DataLoss(damage, "; what this node had promised is not known either: no file ", path);
  }
  if (!read.damage.empty()) {
    return DataLoss(damage, "; what this node had promised is not known either: ", path, ": ",
                    read.damage);
  }
  for (const auto& [group, state] : before.groups) {
    const Promise in_log{state.hard_state.term, state.hard_state.vote};
    if (!IsLater(in_log, read.promises[group])) continue;
    return DataLoss(damage, "; and ", path, " is older than the log: term ",
                    read.promises[group].term, " of group ", group, ", the log has ", in_log.term);
  }
  return std::move(read.promises);
}

class Segment {
 public:
  explicit Segment(const SegmentHeader& header)
      : bytes_(EncodeSegmentHeader(header)), next_(header.first_sequence) {}

  void Add(RecordType type, GroupId group, std::string_view body) {
    AppendRecord(&bytes_, {.type = type,
                           .group = group,
                           .sequence = next_,
                           .synced = next_ - 1,  // Durable as a whole, or not at all.
                           .body = body});
    ++next_;
  }
  void AddEntries(GroupId group, std::span<const raft::Entry> entries) {
    while (!entries.empty()) {
      size_t count = 0, bytes = 0;
      while (count < std::min(entries.size(), kEntriesPerRecord) && bytes < kBytesPerRecord) {
        bytes += entries[count++].payload_bytes();
      }
      Add(RecordType::kEntries, group, EncodeEntries(entries.first(count)));
      entries = entries.subspan(count);
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  uint64_t next_;
};

// Nothing that was acknowledged before is of a later term than this.
RaftTerm FloorOf(const replica::RecoveredGroup& group, const Promise& promise) {
  RaftTerm floor = std::max({promise.term, group.snapshot_term, group.repair_floor, RaftTerm{1}});
  if (!group.entries.empty()) floor = std::max(floor, group.entries.back().term);
  return floor;
}

}  // namespace

Status RebuildLog(Env& env, const std::string& directory, const std::string& damage,
                  uint64_t newest_segment, const RecoveredLog& before) {
  QR_ASSIGN_OR_RETURN(const Promises promises, Promised(env, directory, damage, before));
  QR_ASSIGN_OR_RETURN(const HighWater mark, ReadHighWater(env.disk(), directory));
  const uint64_t number = std::max(newest_segment, mark.segment) + 1;
  Segment segment({.number = number,
                   .first_sequence = std::max(before.last_sequence, mark.sequence) + 1,
                   .oldest_needed = number});
  std::string kept;
  for (const auto& [group, promise] : promises) {
    const auto found = before.groups.find(group);
    replica::RecoveredGroup state =
        found == before.groups.end() ? replica::RecoveredGroup() : found->second;
    const bool contiguous =
        state.entries.empty() || state.entries.front().index == state.snapshot_index.Next();
    if (!contiguous) state.entries.clear();  // What leads to them is among what was lost.
    const RaftTerm floor = FloorOf(state, promise);
    // A term of its own: whoever leads the present one has to give way to one that is elected
    // without this node.
    const raft::HardState hard{.term = floor.Next(), .vote = {}, .commit = state.hard_state.commit};
    segment.Add(RecordType::kRepair, group, EncodeRepair(floor));
    if (state.snapshot_index != LogIndex{}) {
      segment.Add(RecordType::kSnapshotMark, group,
                  EncodeSnapshotMark({state.snapshot_index, state.snapshot_term}));
    }
    segment.AddEntries(group, state.entries);
    segment.Add(RecordType::kHardState, group, EncodeHardState(hard));
    StrAppend(&kept, kept.empty() ? "" : ", ", "group ", group, " up to entry ",
              state.snapshot_index.value() + state.entries.size());
  }
  env.Log(LogLevel::kError,
          StrCat("damaged: ", damage, ". Kept is what stands before: ", kept,
                 ". The rest is fetched from the other nodes; until then this one has no vote"));
  SIM_SOMETIMES(true, "damaged-log-rebuilt");
  const std::string path = StrCat(directory, "/", SegmentName(number));
  return ReplaceFile(env.disk(), directory, path, segment.bytes()).status();
}

}  // namespace quadraft::store
