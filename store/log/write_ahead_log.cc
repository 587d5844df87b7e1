#include "store/log/write_ahead_log.h"

#include <utility>

#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/log/durable_directory.h"

namespace quadraft::store {

StatusOr<std::unique_ptr<WriteAheadLog>> WriteAheadLog::Open(Env& env, std::string directory,
                                                             const Options& options) {
  QR_RETURN_IF_ERROR(CreateDirectoryDurably(env.disk(), directory));
  QR_ASSIGN_OR_RETURN(auto recovered, RecoverLog(env, directory, options.rebuild_damaged, options.state_lost));
  const std::vector<GroupId> newer_promises = std::move(recovered.newer_promises);
  std::unique_ptr<WriteAheadLog> log(
      new WriteAheadLog(env, std::move(directory), options, std::move(recovered)));
  QR_RETURN_IF_ERROR(log->OpenCurrent(newer_promises));
  return log;
}

WriteAheadLog::WriteAheadLog(Env& env, std::string directory, const Options& options,
                             RecoveredLog recovered)
    : env_(env),
      directory_(std::move(directory)),
      options_(options),
      recovered_(std::move(recovered.groups)),
      table_(std::move(recovered.table)),
      current_(recovered.last_segment),
      current_bytes_(recovered.last_segment_bytes),
      last_sequence_(recovered.last_sequence),
      synced_(recovered.last_sequence),
      durable_{recovered.last_sequence, recovered.last_segment, recovered.last_segment_bytes},
      high_water_(&env.disk(), directory_),
      promises_(&env.disk(), directory_),
      last_crc_(recovered.last_crc),
      oldest_needed_(recovered.oldest_needed) {}

Status WriteAheadLog::OpenCurrent(const std::vector<GroupId>& newer_promises) {
  if (current_ == 0) {
    QR_RETURN_IF_ERROR(BeginSegment());
  } else {
    QR_ASSIGN_OR_RETURN(file_, env_.disk().Open(Path(current_), OpenMode::kAppend));
  }
  for (const GroupId group : newer_promises) {
    QR_RETURN_IF_ERROR(SaveHardState(group, recovered_[group].hard_state));
  }
  Promises promises;
  for (const auto& [group, row] : table_.groups()) {
    if (row.hard_state) promises[group] = {row.hard_state->term, row.hard_state->vote};
  }
  QR_RETURN_IF_ERROR(promises_.WriteAnew(std::move(promises)));
  RemoveTrimmed();  // A crash may have come between the trim record and the removal.
  return failed_;
}

Status WriteAheadLog::BeginSegment() {
  if (file_ != nullptr && !QR_MUTANT("rolled-segment-not-synced")) {
    QR_RETURN_IF_ERROR(file_->SyncNow());
    synced_ = last_sequence_;
    durable_ = {synced_, current_, current_bytes_};
  }
  const SegmentHeader header{.number = current_ + 1,
                             .first_sequence = last_sequence_ + 1,
                             .oldest_needed = oldest_needed_,
                             .previous_bytes = current_bytes_,
                             .previous_crc = last_crc_};
  QR_ASSIGN_OR_RETURN(auto file, env_.disk().Open(Path(header.number), OpenMode::kCreate));
  QR_RETURN_IF_ERROR(file->Append(EncodeSegmentHeader(header)));
  QR_RETURN_IF_ERROR(file->SyncNow());
  QR_RETURN_IF_ERROR(env_.disk().SyncDirectory(directory_));
  file_ = std::move(file);
  current_ = header.number;
  current_bytes_ = kSegmentHeaderBytes;
  last_crc_ = 0;
  table_.AddSegment(current_);
  return OkStatus();
}

const Status& WriteAheadLog::Fail(const Status& status) {
  if (failed_.ok() && !status.ok()) {
    failed_ = Annotate(status, "log");
    env_.Log(LogLevel::kError, StrCat("the log has failed: ", ToString(status)));
  }
  return failed_;
}

Status WriteAheadLog::WriteUnlessFailed(RecordType type, GroupId group, std::string_view body) {
  QR_RETURN_IF_ERROR(failed_);
  return Fail(Write(type, group, body));
}

Status WriteAheadLog::Write(RecordType type, GroupId group, std::string_view body) {
  if (body.size() > kRecordBodyBytesMax) {
    return ResourceExhausted("record of ", body.size(), " bytes; the limit is ",
                             kRecordBodyBytesMax);
  }
  const uint64_t needed = kRecordHeaderBytes + body.size();
  const bool early = current_bytes_ > options_.segment_bytes / 8 && SIM_MAYBE("early-segment-roll");
  if (current_bytes_ > kSegmentHeaderBytes &&
      (early || current_bytes_ + needed > options_.segment_bytes)) {
    SIM_SOMETIMES(true, "segment-rolled");
    QR_RETURN_IF_ERROR(BeginSegment());
  }
  std::string bytes;
  const uint32_t crc = AppendRecord(&bytes, {.type = type,
                                             .group = group,
                                             .sequence = last_sequence_ + 1,
                                             .synced = synced_,
                                             .body = body});
  QR_RETURN_IF_ERROR(file_->Append(bytes));
  ++last_sequence_;
  last_crc_ = crc;
  last_type_ = type;
  current_bytes_ += bytes.size();
  return OkStatus();
}

Status WriteAheadLog::Append(GroupId group, std::span<const raft::Entry> entries) {
  QR_RETURN_IF_ERROR(WriteUnlessFailed(RecordType::kEntries, group, EncodeEntries(entries, options_.compress_from_bytes)));
  table_.NoteEntries(current_, group, entries.back().index);
  return OkStatus();
}

Status WriteAheadLog::SaveHardState(GroupId group, const raft::HardState& state) {
  QR_RETURN_IF_ERROR(WriteUnlessFailed(RecordType::kHardState, group, EncodeHardState(state)));
  table_.NoteHardState(current_, group, state);
  if (!QR_MUTANT("promise-kept-once")) promises_.Note(group, state);
  return OkStatus();
}

Status WriteAheadLog::SaveSnapshotMark(GroupId group, LogIndex index, RaftTerm term) {
  const SnapshotMark mark{index, term};
  QR_RETURN_IF_ERROR(WriteUnlessFailed(RecordType::kSnapshotMark, group, EncodeSnapshotMark(mark)));
  table_.NoteMark(current_, group, mark);
  return ProposeTrim();
}

// Writes anew what must outlive the old segments, then the record that gives them up; they go once
// that is durable.
Status WriteAheadLog::ProposeTrim() {
  if (trim_to_ != 0) return OkStatus();
  const uint64_t oldest = table_.OldestNeeded(current_);
  if (oldest <= oldest_needed_) return OkStatus();
  const auto groups = table_.groups();  // A copy: the rewriting changes the table.
  for (const auto& [group, row] : groups) {
    if (row.hard_state && row.hard_state_segment < oldest && !QR_MUTANT("trim-loses-vote")) {
      SIM_SOMETIMES(true, "trim-rewrote-records");
      QR_RETURN_IF_ERROR(SaveHardState(group, *row.hard_state));
    }
    const bool repaired = row.mark && row.mark->term > row.repair_floor;
    if (row.repair_floor != RaftTerm{} && row.repair_segment < oldest && !repaired) {
      QR_RETURN_IF_ERROR(
          WriteUnlessFailed(RecordType::kRepair, group, EncodeRepair(row.repair_floor)));
      table_.NoteRepair(current_, group, row.repair_floor);
    }
    if (row.mark && row.mark_segment < oldest) {
      QR_RETURN_IF_ERROR(
          WriteUnlessFailed(RecordType::kSnapshotMark, group, EncodeSnapshotMark(*row.mark)));
      table_.NoteMark(current_, group, *row.mark);
    }
  }
  QR_RETURN_IF_ERROR(WriteUnlessFailed(RecordType::kTrim, GroupId(), EncodeTrim(oldest)));
  trim_to_ = oldest;
  trim_sequence_ = last_sequence_;
  return OkStatus();
}

void WriteAheadLog::RemoveTrimmed() {
  const bool trim_is_durable =
      synced_ >= trim_sequence_ || QR_MUTANT("segment-removed-before-trim");
  if (trim_to_ != 0 && trim_is_durable) {
    oldest_needed_ = trim_to_;
    trim_to_ = 0;
  }
  while (!table_.segments().empty() && table_.segments().begin()->first < oldest_needed_) {
    const uint64_t number = table_.segments().begin()->first;
    Status status = env_.disk().Remove(Path(number));
    // One durable removal at a time, oldest first: no crash leaves a hole in the middle.
    if (status.ok()) status = env_.disk().SyncDirectory(directory_);
    if (absl::IsNotFound(status)) status = DataLoss(Path(number), " is gone");
    if (!status.ok()) {
      Fail(Annotate(status, StrCat("removing ", Path(number))));
      return;
    }
    SIM_SOMETIMES(true, "segment-removed");
    table_.RemoveSegment(number);
  }
}

void WriteAheadLog::Sync(SyncDone done) {
  if (failed_.ok() && waiting_.size() >= kSyncWaitersMax) {
    Fail(ResourceExhausted("more than ", kSyncWaitersMax, " callers wait for a sync"));
  }
  waiting_.push_back(std::move(done));
  if (!sync_running_) StartSync();
}

void WriteAheadLog::StartSync() {
  sync_running_ = true;
  running_ = std::exchange(waiting_, {});
  auto finish = [this, alive = std::weak_ptr<bool>(alive_),
                 end = HighWater{last_sequence_, current_, current_bytes_}](Status status) {
    if (!alive.expired()) FinishSync(status, end);
  };
  if (!failed_.ok() || !promises_.has_news() || QR_MUTANT("log-sync-skipped")) {
    return SyncSegment(std::move(finish));
  }
  promises_.Sync([this, alive = std::weak_ptr<bool>(alive_),
                  finish = std::move(finish)](Status status) mutable {
    if (alive.expired()) return;
    if (!status.ok()) Fail(Annotate(status, "noting a promise"));
    SyncSegment(std::move(finish));
  });
}

void WriteAheadLog::SyncSegment(SyncDone finish) {
  if (!failed_.ok() || synced_ == last_sequence_ || QR_MUTANT("log-sync-skipped")) {
    env_.executor().Post([finish = std::move(finish)]() mutable { finish(OkStatus()); });
  } else {
    file_->Sync([this, finish = std::move(finish), alive = std::weak_ptr<bool>(alive_),
                 began = env_.clock().Now()](Status status) mutable {
      if (!alive.expired() && options_.on_synced) options_.on_synced(env_.clock().Now() - began);
      finish(status);
    });
  }
}

void WriteAheadLog::FinishSync(const Status& status, const HighWater& end) {
  SIM_SOMETIMES(!status.ok(), "log-sync-failed");
  if (!status.ok()) Fail(Annotate(status, StrCat("syncing ", Path(current_))));
  if (failed_.ok()) {
    if (end.sequence > synced_) {
      synced_ = QR_MUTANT("sync-covers-later-writes") ? last_sequence_ : end.sequence;
      durable_ = end;
    }
    RemoveTrimmed();
    NoteHighWaterSoon();
  }
  const std::weak_ptr<bool> alive = alive_;
  for (SyncDone& done : std::exchange(running_, {})) {
    done(failed_);
    if (alive.expired()) return;
  }
  if (!waiting_.empty()) {
    StartSync();
    return;
  }
  sync_running_ = false;
  // Idle: nothing that comes soon would tell recovery how far the log was durable.
  if (failed_.ok() && last_sequence_ == synced_ && last_type_ != RecordType::kSyncMark) {
    Fail(Write(RecordType::kSyncMark, GroupId(), {}));
  }
}

void WriteAheadLog::NoteHighWaterSoon() {
  if (note_under_way_ || !failed_.ok() || durable_.sequence <= noted_) return;
  note_under_way_ = true;
  env_.executor().RunAfter(kHighWaterDelay, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) NoteHighWater();
  });
}

void WriteAheadLog::NoteHighWater() {
  if (!failed_.ok()) return;
  high_water_.Note(durable_, [this, alive = std::weak_ptr<bool>(alive_),
                              sequence = durable_.sequence](Status status) {
    if (alive.expired()) return;
    note_under_way_ = false;
    if (!status.ok()) {
      Fail(Annotate(status, "noting the high water"));
      return;
    }
    noted_ = sequence;
    NoteHighWaterSoon();
  });
}

WriteAheadLog::Stats WriteAheadLog::stats() const {
  return {.oldest_segment = table_.segments().empty() ? current_ : table_.segments().begin()->first,
          .current_segment = current_,
          .current_segment_bytes = current_bytes_,
          .last_sequence = last_sequence_,
          .synced_sequence = synced_};
}

}  // namespace quadraft::store
