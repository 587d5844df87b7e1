#include "store/log/recovery.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/env/replace_file.h"
#include "store/log/high_water.h"
#include "store/log/promises.h"
#include "store/log/rebuild.h"

namespace quadraft::store {
namespace {

constexpr size_t kReadBytes = 1u << 20;

StatusOr<std::string> ReadWhole(Disk& disk, const std::string& path) {
  QR_ASSIGN_OR_RETURN(const auto file, disk.Open(path, OpenMode::kRead));
  std::string out;
  out.reserve(file->size());
  while (out.size() < file->size()) {
    auto piece = file->Read(out.size(), kReadBytes);
    if (!piece.ok()) return Annotate(piece.status(), StrCat(path, " at offset ", out.size()));
    if (piece->empty())
      return DataLoss(path, ": ends at offset ", out.size(), ", expected ", file->size());
    out += *piece;
  }
  return out;
}

// Replays records into the picture of each group. Segments may be missing at the front (given up
// long ago), so entries may start anywhere until the mark that allowed it has been read; Finish
// checks that all fits.
class Replay {
 public:
  Status Apply(uint64_t segment, const Record& record, RecoveredLog* out) {
    switch (record.type) {
      case RecordType::kEntries: {
        QR_ASSIGN_OR_RETURN(auto entries, DecodeEntries(record.body));
        out->table.NoteEntries(segment, record.group, entries.back().index);
        return AddEntries(std::move(entries), &out->groups[record.group].entries);
      }
      case RecordType::kHardState: {
        QR_ASSIGN_OR_RETURN(const auto state, DecodeHardState(record.body));
        out->table.NoteHardState(segment, record.group, state);
        out->groups[record.group].hard_state = state;
        return OkStatus();
      }
      case RecordType::kSnapshotMark: {
        QR_ASSIGN_OR_RETURN(const auto mark, DecodeSnapshotMark(record.body));
        out->table.NoteMark(segment, record.group, mark);
        AddMark(mark, &out->groups[record.group]);
        return OkStatus();
      }
      case RecordType::kTrim: {
        QR_ASSIGN_OR_RETURN(const uint64_t oldest, DecodeTrim(record.body));
        out->oldest_needed = std::max(out->oldest_needed, oldest);
        return OkStatus();
      }
      case RecordType::kRepair: {
        QR_ASSIGN_OR_RETURN(const RaftTerm floor, DecodeRepair(record.body));
        out->table.NoteRepair(segment, record.group, floor);
        RaftTerm& known = out->groups[record.group].repair_floor;
        known = std::max(known, floor);
        return OkStatus();
      }
      case RecordType::kSyncMark:
        return OkStatus();
    }
    return FailedPrecondition("log record: type ", static_cast<int>(record.type),
                              "; this program knows ", static_cast<int>(RecordType::kRepair),
                              " types: a newer one wrote it");
  }

  static Status Finish(const RecoveredLog& log) {
    for (const auto& [group, state] : log.groups) {
      if (!state.entries.empty() && state.entries.front().index != state.snapshot_index.Next()) {
        return DataLoss("group ", group, ": the log starts at entry ", state.entries.front().index,
                        ", expected ", state.snapshot_index.Next());
      }
    }
    return OkStatus();
  }

 private:
  static Status AddEntries(std::vector<raft::Entry> added, std::vector<raft::Entry>* log) {
    const uint64_t first = added.front().index.value();
    if (!log->empty()) {
      const uint64_t base = log->front().index.value();
      if (first > base + log->size()) {
        return DataLoss("entry ", first, " follows entry ", log->back().index);
      }
      log->resize(first > base ? first - base : 0);
    }
    log->insert(log->end(), std::make_move_iterator(added.begin()),
                std::make_move_iterator(added.end()));
    return OkStatus();
  }

  static void AddMark(const SnapshotMark& mark, replica::RecoveredGroup* group) {
    if (mark.index < group->snapshot_index) return;
    group->snapshot_index = mark.index;
    group->snapshot_term = mark.term;
    auto& entries = group->entries;
    if (entries.empty() || mark.index < entries.front().index) return;
    const uint64_t at = mark.index.value() - entries.front().index.value();
    if (at >= entries.size() || entries[at].term != mark.term) {
      entries.clear();  // The snapshot came from elsewhere: the log does not lead to it.
    } else {
      entries.erase(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(at) + 1);
    }
  }
};

class Reader {
 public:
  Reader(Env& env, const std::string& directory) : env_(env), directory_(directory) {}

  // Changes nothing but copies that were cut short. DataLoss: damaged; log() is what stands before.
  Status Read() {
    QR_RETURN_IF_ERROR(ListSegments());
    for (size_t i = 0; i < numbers_.size() && !torn_; ++i) {
      QR_RETURN_IF_ERROR(ReadSegment(i));
    }
    if (!numbers_.empty() && numbers_.front() > log_.oldest_needed) {
      return DataLoss(directory_, ": the oldest segment is ", numbers_.front(), ", but ",
                      log_.oldest_needed, " is still needed");
    }
    QR_RETURN_IF_ERROR(CheckHighWater());
    return Annotate(Replay::Finish(log_), directory_);
  }

  // The last segment is written anew and takes the place of the old one. Its tail may be valid and
  // yet not durable, and syncing it again proves nothing: after a sync has failed, Linux calls the
  // lost pages clean (fsyncgate).
  Status Repair() {
    Disk& disk = env_.disk();
    if (torn_) env_.Log(LogLevel::kWarning, cut_);
    for (const uint64_t number : given_up_) {
      QR_RETURN_IF_ERROR(disk.Remove(Path(number)));
      QR_RETURN_IF_ERROR(disk.SyncDirectory(directory_));
    }
    if (!remove_.empty()) {
      QR_RETURN_IF_ERROR(disk.Remove(remove_));
    }
    if (log_.last_segment != 0) {
      const std::string path = Path(log_.last_segment);
      const std::string copy = path + std::string(kCopySuffix);
      QR_ASSIGN_OR_RETURN(const auto file, disk.Open(copy, OpenMode::kCreate));
      const size_t kept =
          QR_MUTANT("torn-tail-kept") ? last_bytes_.size() : log_.last_segment_bytes;
      QR_RETURN_IF_ERROR(file->Append(std::string_view(last_bytes_).substr(0, kept)));
      if (!QR_MUTANT("repaired-segment-not-synced")) QR_RETURN_IF_ERROR(file->SyncNow());
      QR_RETURN_IF_ERROR(disk.Rename(copy, path));
    }
    return disk.SyncDirectory(directory_);
  }

  RecoveredLog& log() { return log_; }
  uint64_t newest_segment() const { return numbers_.empty() ? 0 : numbers_.back(); }

 private:
  std::string Path(uint64_t number) const { return StrCat(directory_, "/", SegmentName(number)); }

  Status ListSegments() {
    QR_ASSIGN_OR_RETURN(const auto names, env_.disk().List(directory_));
    for (const std::string& name : names) {
      if (const auto number = SegmentNumber(name)) numbers_.push_back(*number);
      if (name.ends_with(kCopySuffix)) {  // A repair was cut short.
        QR_RETURN_IF_ERROR(env_.disk().Remove(StrCat(directory_, "/", name)));
      }
    }
    std::sort(numbers_.begin(), numbers_.end());
    // What the newest segment did not need any more when it was begun: a crash came before its
    // removal. Of a rebuilt log it is all that was damaged.
    for (size_t i = numbers_.size(); i-- > 0;) {
      QR_ASSIGN_OR_RETURN(const auto file, env_.disk().Open(Path(numbers_[i]), OpenMode::kRead));
      QR_ASSIGN_OR_RETURN(const std::string bytes, file->Read(0, kSegmentHeaderBytes));
      const auto header = DecodeSegmentHeader(bytes);
      if (!header.ok() || header->number != numbers_[i]) continue;
      const auto needed =
          std::lower_bound(numbers_.begin(), numbers_.end(), header->oldest_needed);
      given_up_.assign(numbers_.begin(), needed);
      numbers_.erase(numbers_.begin(), needed);
      break;
    }
    return OkStatus();
  }

  Status ReadSegment(size_t i) {
    const uint64_t number = numbers_[i];
    const std::string path = Path(number);
    if (i > 0 && number != numbers_[i - 1] + 1) {
      return DataLoss(directory_, ": segment ", numbers_[i - 1] + 1, " is missing between ",
                      numbers_[i - 1], " and ", number);
    }
    QR_ASSIGN_OR_RETURN(std::string read, ReadWhole(env_.disk(), path));
    const auto header = DecodeSegmentHeader(read);
    if (absl::IsFailedPrecondition(header.status())) return Annotate(header.status(), path);
    if (!header.ok()) return BadHeader(i, read, header.status());
    last_bytes_ = std::move(read);
    const std::string& bytes = last_bytes_;
    QR_RETURN_IF_ERROR(Annotate(CheckHeader(i, *header), path));
    log_.table.AddSegment(number);
    log_.last_segment = number;
    log_.last_crc = 0;
    log_.oldest_needed = std::max(log_.oldest_needed, header->oldest_needed);
    log_.last_segment_bytes = kSegmentHeaderBytes;
    while (log_.last_segment_bytes < bytes.size()) {
      const size_t offset = log_.last_segment_bytes;
      std::string problem;
      const auto parsed = ParseRecord(std::string_view(bytes).substr(offset), &problem);
      if (!parsed) return Damage(i, bytes, offset, problem);
      if (parsed->record.sequence != log_.last_sequence + 1) {
        return DataLoss(path, " at offset ", offset, ": record ", parsed->record.sequence,
                        ", expected record ", log_.last_sequence + 1);
      }
      if (const Status applied = replay_.Apply(number, parsed->record, &log_); !applied.ok()) {
        return Annotate(applied, StrCat(path, " at offset ", offset));
      }
      log_.last_sequence = parsed->record.sequence;
      log_.last_crc = parsed->crc;
      log_.last_segment_bytes += parsed->bytes;
    }
    return OkStatus();
  }

  Status CheckHeader(size_t i, const SegmentHeader& header) {
    if (header.number != numbers_[i]) return DataLoss("holds segment ", header.number);
    if (i == 0) {
      log_.last_sequence = header.first_sequence - 1;
      return OkStatus();
    }
    if (header.first_sequence != log_.last_sequence + 1 ||
        header.previous_bytes != log_.last_segment_bytes || header.previous_crc != log_.last_crc) {
      return DataLoss("follows a segment of ", header.previous_bytes,
                      " bytes that ends before record ", header.first_sequence, "; found ",
                      log_.last_segment_bytes, " bytes up to record ", log_.last_sequence);
    }
    return OkStatus();
  }

  // The second witness: what it names was durable, so a log that ends before it has lost something.
  Status CheckHighWater() {
    QR_ASSIGN_OR_RETURN(const HighWater mark, ReadHighWater(env_.disk(), directory_));
    if (mark.sequence <= log_.last_sequence || QR_MUTANT("damage-cut-back")) return OkStatus();
    return DataLoss(directory_, ": the log ends with record ", log_.last_sequence, ", yet record ",
                    mark.sequence, ", at ", Path(mark.segment), " before offset ", mark.bytes,
                    ", had been durable", torn_ ? "; damage: " : "", damage_);
  }

  // Before anything is cut: what one read says is not enough. A bit that flipped on the way is not
  // on the disk.
  Status ReadAgain(const std::string& path, const std::string& bytes) {
    QR_ASSIGN_OR_RETURN(const std::string again, ReadWhole(env_.disk(), path));
    if (again == bytes) return OkStatus();
    return Unavailable(path, ": two reads of the same file gave different bytes");
  }

  // A header is synced before the first record is written, so a bad one is a creation cut short
  // when nothing valid follows.
  Status BadHeader(size_t i, const std::string& bytes, const Status& problem) {
    const std::string path = Path(numbers_[i]);
    QR_RETURN_IF_ERROR(ReadAgain(path, bytes));
    const bool first_ever = numbers_[i] == 1;
    if (i + 1 != numbers_.size() || (i == 0 && !first_ever) ||
        FindRecord(bytes, 0, 0, ~uint64_t{0})) {
      return Annotate(problem, StrCat(path, " at offset 0"));
    }
    SIM_SOMETIMES(true, "segment-creation-cut-short");
    cut_ = StrCat(path, ": its creation was cut short; removed (", problem.message(), ")");
    damage_ = StrCat(path, ": ", problem.message());
    remove_ = path;
    torn_ = true;
    return OkStatus();
  }

  // Something at `offset` is not the record that belongs there: torn or corrupt?
  Status Damage(size_t i, const std::string& bytes, size_t offset, const std::string& problem) {
    const uint64_t expected = log_.last_sequence + 1;
    const std::string path = Path(numbers_[i]);
    const std::string where =
        StrCat(path, " at offset ", offset, ", record ", expected, ": ", problem);
    QR_RETURN_IF_ERROR(ReadAgain(path, bytes));
    const auto witness = FindRecord(bytes, offset + kRecordAlignment, expected, expected);
    if (witness && !QR_MUTANT("damage-cut-back")) {
      return DataLoss(where, "; yet record ", witness->record.sequence, " says that ",
                      witness->record.synced, " was synced");
    }
    for (size_t later = i + 1; later < numbers_.size(); ++later) {
      QR_ASSIGN_OR_RETURN(const std::string next, ReadWhole(env_.disk(), Path(numbers_[later])));
      // A later segment, however empty, was begun after this one was synced whole; only an
      // unfinished creation is none.
      if (later + 1 != numbers_.size() || DecodeSegmentHeader(next).ok() ||
          FindRecord(next, 0, 0, ~uint64_t{0})) {
        return DataLoss(where, "; yet segment ", numbers_[later], " follows");
      }
      remove_ = Path(numbers_[later]);
    }
    SIM_SOMETIMES(true, "torn-tail-cut");
    cut_ = StrCat(where, "; never synced: ", bytes.size() - offset, " bytes cut");
    damage_ = where;
    torn_ = true;
    return OkStatus();
  }

  // The first valid record at or after `from` with a sequence above `after` that, when `synced` is
  // a number, vouches for it.
  static std::optional<ParsedRecord> FindRecord(std::string_view bytes, size_t from, uint64_t after,
                                                uint64_t synced) {
    const bool any = synced == ~uint64_t{0};
    const uint64_t room = bytes.size() / kRecordHeaderBytes + 1;
    for (size_t at = from; at + kRecordHeaderBytes <= bytes.size(); at += kRecordAlignment) {
      const uint64_t sequence = LoadSequence(bytes.data() + at);
      // Cheap test first: a checksum at every offset would take long on a big segment.
      if (sequence <= after || (!any && sequence - after > room)) continue;
      const auto parsed = ParseRecord(bytes.substr(at));
      if (parsed && (any || parsed->record.synced >= synced)) return parsed;
    }
    return std::nullopt;
  }
  static uint64_t LoadSequence(const char* record) {
    uint64_t sequence;
    __builtin_memcpy(&sequence, record + 8, sizeof(sequence));
    return sequence;
  }

  Env& env_;
  const std::string directory_;
  std::vector<uint64_t> numbers_;
  RecoveredLog log_;
  Replay replay_;
  std::vector<uint64_t> given_up_;
  bool torn_ = false;
  std::string cut_;         // What is said of a tail that is cut ...
  std::string damage_;      // ... and why.
  std::string last_bytes_;  // Of the last segment.
  std::string remove_;
};

// Their terms still count for the floor.
void GiveUpEntries(replica::RecoveredGroup* group) {
  RaftTerm floor = std::max(group->repair_floor, group->snapshot_term);
  if (!group->entries.empty()) floor = std::max(floor, group->entries.back().term);
  *group = {.hard_state = {.term = group->hard_state.term, .vote = group->hard_state.vote},
            .repair_floor = floor};
}

// A vote that may have been given is kept, whatever the log has of it.
Status AddPromises(Disk& disk, const std::string& directory, RecoveredLog* log) {
  QR_ASSIGN_OR_RETURN(const ReadPromisesResult read, ReadPromises(disk, directory));
  for (const auto& [group, promise] : read.promises) {
    raft::HardState& state = log->groups[group].hard_state;
    if (!IsLater(promise, {state.term, state.vote}) || QR_MUTANT("promise-kept-once")) continue;
    SIM_SOMETIMES(true, "promise-newer-than-log");
    state.term = promise.term;
    state.vote = promise.vote;
    log->newer_promises.push_back(group);
  }
  return OkStatus();
}

}  // namespace

StatusOr<RecoveredLog> RecoverLog(Env& env, const std::string& directory, bool rebuild,
                                  const std::string& state_lost) {
  Reader reader(env, directory);
  Status read = reader.Read();
  if (absl::IsDataLoss(read)) {
    // A bit that flipped on the way is not on the disk.
    const Status again = Reader(env, directory).Read();
    if (absl::IsUnavailable(again)) return again;
    if (again != read) {
      return Unavailable(directory, ": two readings of the log differ: ", Message(read), "; then: ",
                         again.ok() ? "nothing wrong" : Message(again));
    }
    if (!rebuild) return read;
  } else {
    QR_RETURN_IF_ERROR(read);
  }
  if (read.ok() && state_lost.empty()) {
    QR_RETURN_IF_ERROR(reader.Repair());
    QR_RETURN_IF_ERROR(AddPromises(env.disk(), directory, &reader.log()));
    return std::move(reader.log());
  }
  if (!state_lost.empty()) {
    for (auto& [group, state] : reader.log().groups) GiveUpEntries(&state);
  }
  QR_RETURN_IF_ERROR(RebuildLog(env, directory, state_lost.empty() ? Message(read) : state_lost,
                                reader.newest_segment(), reader.log()));
  Reader rebuilt(env, directory);
  QR_RETURN_IF_ERROR(rebuilt.Read());
  QR_RETURN_IF_ERROR(rebuilt.Repair());
  QR_RETURN_IF_ERROR(AddPromises(env.disk(), directory, &rebuilt.log()));
  return std::move(rebuilt.log());
}

}  // namespace quadraft::store
