#include "store/state/graph_state.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/txn/write_set.h"
#include "store/index/index_view.h"
#include "store/state/format2.h"
#include "store/state/quad_writer.h"

namespace quadraft::store {
namespace {

constexpr size_t kEarlyFoldRows = 16;  // In the simulator; fewer are not worth a run.
constexpr Duration kFoldPause = milliseconds(1);  // Between slices, so that requests come in between.

}  // namespace

std::string EncodeApplyResult(const ApplyResult& result) {
  std::string out;
  PutVarint(&out, result.inserted);
  PutVarint(&out, result.deleted);
  return out;
}

StatusOr<ApplyResult> DecodeApplyResult(std::string_view bytes) {
  ApplyResult result;
  if (!GetVarint(&bytes, &result.inserted) || !GetVarint(&bytes, &result.deleted) ||
      !bytes.empty()) {
    return DataLoss("apply result: malformed");
  }
  return result;
}

GraphState::GraphState(KvStore& kv, GroupId group, const Options& options,
                       std::shared_ptr<DictionaryWriter> terms)
    : kv_(kv),
      group_(group),
      options_(options),
      terms_(std::move(terms)),
      sweeper_(kv, group) {}

StatusOr<std::unique_ptr<GraphState>> GraphState::Open(KvStore& kv, GroupId group,
                                                       const Options& options) {
  QR_ASSIGN_OR_RETURN(auto terms, DictionaryWriter::Of(kv, options.dictionary));
  std::unique_ptr<GraphState> state(new GraphState(kv, group, options, std::move(terms)));
  std::string value;
  QR_ASSIGN_OR_RETURN(const bool found, kv.Get(GroupKey(group), &value));
  if (found) {
    QR_ASSIGN_OR_RETURN(state->meta_, DecodeGraphMeta(value));
    state->stored_index_ = state->meta_.applied_index;
  } else {
    KvBatch batch;
    QR_ASSIGN_OR_RETURN(state->meta_.space, state->AllocateSpace(&batch));
    batch.Put(GroupKey(group), EncodeGraphMeta(state->meta_));
    QR_RETURN_IF_ERROR(kv.Write(&batch, false));
  }
  // First: a run that the index begins to write is marked as well.
  QR_RETURN_IF_ERROR(state->sweeper_.Resume());
  QR_ASSIGN_OR_RETURN(state->index_, state->OpenIndex(state->meta_.space));
  QR_RETURN_IF_ERROR(state->LoadSessions());
  if (!state->meta_.has_runs) QR_RETURN_IF_ERROR(state->TakeOver());
  return state;
}

StatusOr<std::unique_ptr<QuadIndex>> GraphState::OpenIndex(SpaceId space) {
  return QuadIndex::Open(kv_, group_, space, options_.index,
                         [this](SpaceId of, RunId run) { sweeper_.AddRun(of, run); });
}

// Of a format before runs: its quads into a space of their own, which becomes the state by one write. What a
// crash leaves of it is swept, and the next start begins anew.
Status GraphState::TakeOver() {
  KvBatch batch;
  GraphMeta meta = meta_;
  meta.has_runs = true;
  QR_ASSIGN_OR_RETURN(meta.space, AllocateSpace(&batch));
  batch.Put(OldSpaceKey(group_, meta.space), {});
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  QR_ASSIGN_OR_RETURN(auto index, OpenIndex(meta.space));
  std::vector<QuadChange> changes;
  const auto add = [&] {
    index->Add(changes);
    changes.clear();
    KvBatch nothing;
    return index->WantsFold() ? index->Fold(&nothing) : OkStatus();
  };
  QR_RETURN_IF_ERROR(ReadFormat2(kv_, meta_.space, [&](const QuadChange& change) {
    changes.push_back(change);
    return changes.size() < kTakenOverAtOnce ? OkStatus() : add();
  }));
  QR_RETURN_IF_ERROR(add());
  kv_.env().Log(LogLevel::kInfo, StrCat("state: group ", group_, " is kept in runs now"));
  return InstallSpace(meta, std::move(index), txn::SessionTable());
}

StatusOr<SpaceId> GraphState::AllocateSpace(KvBatch* batch) {
  std::string value;
  SpaceId space = 1;
  QR_ASSIGN_OR_RETURN(const bool found, kv_.Get(NextSpaceKey(), &value));
  if (found) {
    if (value.size() != sizeof(SpaceId)) return DataLoss("next space: malformed");
    space = LoadBigEndian32(value.data());
  }
  value.clear();
  PutBigEndian32(&value, space + (QR_MUTANT("space-given-twice") ? 0 : 1));
  batch->Put(NextSpaceKey(), value);
  return space;
}

StatusOr<std::string> GraphState::ApplyOne(const raft::Entry& entry, LogIndex first, QuadWriter* writer,
                                           Status* fatal) {
  QR_CHECK(entry.index == meta_.applied_index.Next())
      << entry.index << " after " << meta_.applied_index;
  meta_.applied_index = entry.index;
  meta_.applied_term = entry.term;
  if (entry.kind == raft::EntryKind::kConfiguration) {
    meta_.configuration = {entry.index, entry.payload ? *entry.payload : ""};
  }
  if (entry.kind != raft::EntryKind::kNormal || entry.payload_bytes() == 0)
    return EncodeApplyResult({});
  if (txn::IsSessionCommand(*entry.payload)) return ApplySession(entry, first, writer, fatal);
  QR_ASSIGN_OR_RETURN(const ApplyResult result, ApplyWrites(entry, *entry.payload, writer, fatal));
  return EncodeApplyResult(result);
}

StatusOr<ApplyResult> GraphState::ApplyWrites(const raft::Entry& entry, std::string_view encoded, QuadWriter* writer,
                                              Status* fatal) {
  const auto writes = txn::DecodeWriteSet(encoded);
  if (!writes.ok()) return Annotate(writes.status(), StrCat("entry ", entry.index));
  const auto changes = writer->Apply(*writes, Timestamp(entry.index.value()));
  if (!changes.ok()) {
    *fatal = changes.status();
    return *fatal;
  }
  return ApplyResult{changes->inserted, changes->deleted};
}

StatusOr<std::vector<StatusOr<std::string>>> GraphState::Apply(
    std::span<const raft::Entry> entries) {
  QR_RETURN_IF_ERROR(failed_);
  std::vector<StatusOr<std::string>> results;
  results.reserve(entries.size());
  QuadWriter writer(kv_, *terms_, *index_, &meta_);
  GraphMeta written = meta_;
  for (size_t i = 0; i < entries.size(); ++i) {
    Status fatal = index_->failed();
    if (fatal.ok()) results.push_back(ApplyOne(entries[i], entries.front().index, &writer, &fatal));
    const bool last = i + 1 == entries.size();
    if (fatal.ok() &&
        (last || writer.changes() >= options_.batch_changes || SIM_MAYBE("small-apply-batch"))) {
      writer.Write();
      written = meta_;
      fatal = MaybeFold();
    }
    if (!fatal.ok()) {
      if (!QR_MUTANT("failed-apply-counts"))
        meta_ =
            written;  // What is not in the index was not applied: views go on to tell the truth.
      failed_ = Annotate(fatal, StrCat("group ", group_));
      return failed_;
    }
  }
  return results;
}

Status GraphState::MaybeFold() {
  const uint64_t applied = meta_.applied_index.value();
  if (applied > options_.retention)
    index_->AllowDropBefore(Timestamp(applied - options_.retention), meta_.quad_count);
  const bool some = index_->recent_rows() >= kEarlyFoldRows;
  if (!WantsFold(*index_) && !(some && SIM_MAYBE("early-fold"))) return OkStatus();
  SIM_SOMETIMES(fold_.has_value(), "fold-hurried");
  while (fold_) QR_RETURN_IF_ERROR(FoldSlice());  // It does not keep up: whoever writes waits for it.
  QR_RETURN_IF_ERROR(BeginFold());
  ScheduleFold();
  return OkStatus();
}

bool GraphState::WantsFold(const QuadIndex& index) const {
  return index.WantsFold() || terms_->recent_bytes() >= options_.recent_term_bytes_max;
}

Status GraphState::FoldWith(QuadIndex& index, KvBatch* more) {
  if (!QR_MUTANT("fold-forgets-terms")) QR_RETURN_IF_ERROR(terms_->Flush());
  return index.Fold(more);
}

KvBatch GraphState::Record() {
  KvBatch batch;
  PutSessions(&batch);
  batch.Put(GroupKey(group_), EncodeGraphMeta(meta_));
  return batch;
}

Status GraphState::BeginFold() {
  fold_ = FoldTask{
      .index = meta_.applied_index, .record = Record(), .terms_end = terms_->next_sequence()};
  return index_->BeginFold();
}

void GraphState::ScheduleFold() {
  if (fold_scheduled_) return;
  fold_scheduled_ = true;
  kv_.env().executor().RunAfter(kFoldPause, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    fold_scheduled_ = false;
    if (!fold_ || !failed_.ok()) return;
    if (const Status status = FoldSlice(); !status.ok()) {
      failed_ = Annotate(status, StrCat("group ", group_));
      return;
    }
    if (fold_) ScheduleFold();
  });
}

// The terms first: what is in the store never uses one that is not.
Status GraphState::FoldSlice() {
  if (!fold_->terms_stored) {
    fold_->terms_stored = QR_MUTANT("fold-forgets-terms");
    if (fold_->terms_stored) return OkStatus();
    QR_ASSIGN_OR_RETURN(fold_->terms_stored, terms_->FlushSlice(fold_->terms_end));
    return OkStatus();
  }
  QR_ASSIGN_OR_RETURN(const bool written, index_->FoldSlice());
  if (!written) return OkStatus();
  if (QR_MUTANT("fold-claims-what-came-meanwhile")) fold_->record.Append(Record());
  QR_RETURN_IF_ERROR(index_->FinishFold(&fold_->record));
  stored_index_ = fold_->index;
  ++stats_->folds;
  fold_.reset();
  return OkStatus();
}

Status GraphState::FoldNow() {
  while (fold_) QR_RETURN_IF_ERROR(FoldSlice());
  KvBatch batch = Record();
  QR_RETURN_IF_ERROR(FoldWith(*index_, &batch));
  stored_index_ = meta_.applied_index;
  ++stats_->folds;
  return OkStatus();
}

StateStats GraphState::stats() const {
  StateStats stats = *stats_;
  stats.recent_rows = index_->recent_rows();
  stats.stored_runs = index_->runs()->stored.size();
  return stats;
}

Status GraphState::MakeDurable(LogIndex index) {
  QR_RETURN_IF_ERROR(failed_);
  // The log is cut well behind what was applied: mostly a fold has been there.
  while (fold_ && stored_index_ < index && failed_.ok()) failed_ = FoldSlice();
  if (failed_.ok() && stored_index_ < index) failed_ = FoldNow();
  if (failed_.ok()) failed_ = kv_.Sync();
  return failed_;
}

std::shared_ptr<const ReadView> GraphState::LatestView() const {
  return ViewOf(Timestamp(meta_.applied_index.value()));
}

StatusOr<std::shared_ptr<const ReadView>> GraphState::ViewAt(Timestamp timestamp) const {
  if (timestamp.value() > meta_.applied_index.value()) {
    return Unavailable("timestamp ", timestamp, " is not applied yet, only ", meta_.applied_index);
  }
  if (const Timestamp from = horizon(); timestamp < from) {
    return FailedPrecondition("timestamp ", timestamp, " is older than what is kept, from ", from,
                              " on");
  }
  return ViewOf(timestamp);
}

std::shared_ptr<const ReadView> GraphState::ViewOf(Timestamp timestamp) const {
  return std::make_shared<IndexView>(
      kv_.Snapshot(), terms_->dictionary(),
      IndexView::Place{index_->runs(), timestamp, meta_.quad_count});
}

}  // namespace quadraft::store
