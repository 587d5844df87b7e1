#include "store/state/graph_state.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "core/txn/write_set.h"
#include "store/index/index_view.h"
#include "store/state/quad_writer.h"

namespace quadraft::store {

namespace {

constexpr uint64_t kDropEvery = 64;  // Indexes.

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
                       std::shared_ptr<Dictionary> dictionary)
    : kv_(kv),
      group_(group),
      options_(options),
      dictionary_(std::move(dictionary)),
      sweeper_(kv, group) {}

StatusOr<std::unique_ptr<GraphState>> GraphState::Open(KvStore& kv, GroupId group,
                                                       const Options& options) {
  QR_ASSIGN_OR_RETURN(auto dictionary, Dictionary::Of(kv, options.dictionary));
  std::unique_ptr<GraphState> state(new GraphState(kv, group, options, std::move(dictionary)));
  std::string value;
  QR_ASSIGN_OR_RETURN(const bool found, kv.Get(GroupKey(group), &value));
  if (found) {
    QR_ASSIGN_OR_RETURN(state->meta_, DecodeGraphMeta(value));
  } else {
    KvBatch batch;
    QR_ASSIGN_OR_RETURN(state->meta_.space, state->AllocateSpace(&batch));
    batch.Put(GroupKey(group), EncodeGraphMeta(state->meta_));
    QR_RETURN_IF_ERROR(kv.Write(&batch, false));
  }
  QR_RETURN_IF_ERROR(state->sweeper_.Resume());
  return state;
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

StatusOr<std::string> GraphState::ApplyOne(const raft::Entry& entry, QuadWriter* writer,
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
  const auto writes = txn::DecodeWriteSet(*entry.payload);
  if (!writes.ok()) return Annotate(writes.status(), StrCat("entry ", entry.index));
  const auto changes = writer->Apply(*writes, Timestamp(entry.index.value()));
  if (!changes.ok()) {
    *fatal = changes.status();
    return *fatal;
  }
  return EncodeApplyResult({changes->inserted, changes->deleted});
}

StatusOr<std::vector<StatusOr<std::string>>> GraphState::Apply(
    std::span<const raft::Entry> entries) {
  QR_RETURN_IF_ERROR(failed_);
  std::vector<StatusOr<std::string>> results;
  results.reserve(entries.size());
  QuadWriter writer(kv_, *dictionary_, &meta_);
  GraphMeta written = meta_;
  for (size_t i = 0; i < entries.size(); ++i) {
    Status fatal;
    results.push_back(ApplyOne(entries[i], &writer, &fatal));
    const bool last = i + 1 == entries.size();
    if (fatal.ok() &&
        (last || writer.bytes() >= options_.batch_bytes || SIM_MAYBE("small-apply-batch"))) {
      fatal = DropOld(&writer);
      if (fatal.ok()) fatal = writer.Write(GroupKey(group_), false);
      if (fatal.ok()) written = meta_;
    }
    if (!fatal.ok()) {
      if (!QR_MUTANT("failed-apply-counts"))
        meta_ =
            written;  // What is not in the store was not applied: views go on to tell the truth.
      failed_ = Annotate(fatal, StrCat("group ", group_));
      return failed_;
    }
  }
  return results;
}

// Only now and then: it costs a seek.
Status GraphState::DropOld(QuadWriter* writer) {
  const uint64_t applied = meta_.applied_index.value();
  const uint64_t every = SIM_MAYBE("early-old-version-drop") ? 1 : kDropEvery;
  if (applied < meta_.horizon.value() + options_.retention + every) return OkStatus();
  return writer->DropOld(Timestamp(applied - options_.retention), &dropped_to_);
}

Status GraphState::MakeDurable() {
  QR_RETURN_IF_ERROR(failed_);
  failed_ = kv_.Sync();
  return failed_;
}

std::shared_ptr<const ReadView> GraphState::LatestView() const {
  return std::make_shared<IndexView>(
      kv_.Snapshot(), dictionary_,
      IndexView::Place{meta_.space, Timestamp(meta_.applied_index.value()), meta_.quad_count});
}

StatusOr<std::shared_ptr<const ReadView>> GraphState::ViewAt(Timestamp timestamp) const {
  if (timestamp.value() > meta_.applied_index.value()) {
    return Unavailable("timestamp ", timestamp, " is not applied yet, only ", meta_.applied_index);
  }
  if (timestamp < meta_.horizon) {
    return FailedPrecondition("timestamp ", timestamp, " is older than what is kept, from ",
                              meta_.horizon, " on");
  }
  return std::shared_ptr<const ReadView>(std::make_shared<IndexView>(
      kv_.Snapshot(), dictionary_, IndexView::Place{meta_.space, timestamp, meta_.quad_count}));
}

}  // namespace quadraft::store
