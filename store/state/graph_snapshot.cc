// Snapshots of GraphState: reading one out, and taking one in.
//
// A snapshot is staged in a space of its own while the state goes on in the old one; Commit is one
// synced write that names the new space, so a crash leaves either state whole. Spaces that are
// being filled or emptied carry a marker: what is marked at start-up is swept.
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/sim_points.h"
#include "store/runs/run_cursor.h"
#include "store/state/graph_state.h"
#include "store/state/quad_writer.h"
#include "store/state/snapshot_chunk.h"

namespace quadraft::store {
namespace {

class GraphSnapshotReader : public replica::SnapshotReader {
 public:
  GraphSnapshotReader(KvStore& kv, std::shared_ptr<const Dictionary> dictionary,
                      std::shared_ptr<const RunSet> runs, const GraphMeta& meta,
                      const txn::SessionTable& sessions, std::shared_ptr<StateStats> stats)
      : stats_(std::move(stats)),
        dictionary_(std::move(dictionary)),
        meta_(meta),
        sessions_(QR_MUTANT("session-outcome-not-in-snapshot") ? txn::SessionTable() : sessions),
        session_numbers_(sessions_.Numbers()),
        runs_(std::move(runs)),
        snapshot_(kv.Snapshot()) {
    for (const auto& run : runs_->recent) merge_.Add(RunCursor(*run, Permutation::kSpog, {}));
    for (const auto& run : runs_->stored)
      merge_.Add(RunCursor(*run, *snapshot_, Permutation::kSpog, {}));
  }

  LogIndex index() const override { return meta_.applied_index; }
  RaftTerm term() const override { return meta_.applied_term; }
  raft::AppliedConfiguration configuration() const override { return meta_.configuration; }

  StatusOr<std::string> NextChunk(size_t bytes_target) override {
    StatusOr<std::string> chunk = Next(bytes_target);
    if (chunk.ok()) stats_->snapshot_bytes_read += chunk->size();
    return chunk;
  }

 private:
  StatusOr<std::string> Next(size_t bytes_target) {
    if (ended_) return std::string();
    std::vector<rdf::Quad> quads;
    terms_.clear();
    size_t bytes = 0;
    if (!std::exchange(started_, true)) QR_RETURN_IF_ERROR(merge_.SeekTo({}));
    while (bytes < bytes_target) {
      QR_ASSIGN_OR_RETURN(const bool found, merge_.Next());
      if (!found) break;
      if (merge_.toggles().size() % 2 == 1 || QR_MUTANT("snapshot-keeps-deleted")) {
        QR_ASSIGN_OR_RETURN(quads.emplace_back(),
                            Quad(QuadOf(merge_.ids(), Permutation::kSpog), &bytes));
      }
    }
    if (!quads.empty()) return EncodeSnapshotChunk({next_number_++, std::move(quads)});
    if (next_session_ < session_numbers_.size()) return SessionChunk(bytes_target);
    ended_ = true;
    return EncodeSnapshotChunk({next_number_, SnapshotEnd{meta_.applied_index, meta_.applied_term,
                                                          meta_.quad_count, meta_.digest, sessions_.summary()}});
  }

  std::string SessionChunk(size_t bytes_target) {
    SnapshotSessions some;
    size_t bytes = 0;
    for (; next_session_ < session_numbers_.size() && (bytes < bytes_target || bytes == 0); ++next_session_) {
      some.encoded.push_back(sessions_.Encode(session_numbers_[next_session_]));
      bytes += some.encoded.back().size();
    }
    return EncodeSnapshotChunk({next_number_++, std::move(some)});
  }

  StatusOr<rdf::Quad> Quad(const IdQuad& ids, size_t* bytes) {
    rdf::Quad quad;
    rdf::Term* const terms[] = {&quad.subject, &quad.predicate, &quad.object, &quad.graph};
    for (size_t i = 0; i < 4; ++i) {
      const auto [it, fresh] = terms_.try_emplace(ids[i]);
      if (fresh) {
        QR_ASSIGN_OR_RETURN(it->second, dictionary_->Lookup(ids[i]));
        *bytes += it->second.value.size() + it->second.datatype.size() + it->second.language.size();
      }
      if (i < 3 || !QR_MUTANT("snapshot-loses-graphs")) *terms[i] = it->second;
      *bytes += 2;  // Its number in the chunk's table, about.
    }
    return quad;
  }

  const std::shared_ptr<StateStats> stats_;
  const std::shared_ptr<const Dictionary> dictionary_;
  const GraphMeta meta_;
  const txn::SessionTable sessions_;  // Shared with the state until that changes it.
  const std::vector<LogIndex> session_numbers_;
  size_t next_session_ = 0;
  const std::shared_ptr<const RunSet> runs_;  // Of one moment, as is the snapshot: it keeps to it.
  const std::shared_ptr<const KvSnapshot> snapshot_;
  RunMerge merge_;
  bool started_ = false;
  absl::flat_hash_map<TermId, rdf::Term> terms_;  // Of the chunk at hand.
  uint64_t next_number_ = 0;
  bool ended_ = false;
};

}  // namespace

class GraphSnapshotWriter : public replica::SnapshotWriter {
 public:
  GraphSnapshotWriter(GraphState& state, LogIndex index, RaftTerm term,
                      raft::AppliedConfiguration configuration, SpaceId space,
                      std::unique_ptr<QuadIndex> staged)
      : state_(state), staged_(std::move(staged)) {
    meta_.configuration = std::move(configuration);
    meta_.applied_index = index;
    meta_.applied_term = term;
    meta_.space = space;
    meta_.horizon = Timestamp(index.value());  // A snapshot carries no older versions.
  }
  ~GraphSnapshotWriter() override {
    SIM_SOMETIMES(!committed_, "snapshot-staging-given-up");
    staged_.reset();
    if (!committed_) state_.sweeper_.Add(meta_.space);
  }

  Status AddChunk(std::string_view bytes) override {
    QR_RETURN_IF_ERROR(failed_);
    failed_ = Add(bytes);
    if (failed_.ok()) state_.stats_->snapshot_bytes_staged += bytes.size();
    return failed_;
  }

  Status Commit() override {
    QR_RETURN_IF_ERROR(failed_);
    failed_ = Check();
    meta_.sessions = sessions_.summary();
    if (failed_.ok()) failed_ = state_.InstallSpace(meta_, std::move(staged_), std::move(sessions_));
    committed_ = failed_.ok();
    return failed_;
  }

 private:
  Status Add(std::string_view bytes) {
    QR_ASSIGN_OR_RETURN(const SnapshotChunk chunk, DecodeSnapshotChunk(bytes));
    if (end_) return DataLoss("snapshot: chunk ", chunk.number, " after the end");
    if (chunk.number != next_number_) {
      return DataLoss("snapshot: chunk ", chunk.number, ", expected ", next_number_);
    }
    ++next_number_;
    if (const auto* end = std::get_if<SnapshotEnd>(&chunk.content)) {
      end_ = *end;
      sessions_.SetClock(end->sessions.clock_ms);
      return OkStatus();
    }
    if (const auto* sessions = std::get_if<SnapshotSessions>(&chunk.content)) return AddSessions(*sessions);
    QuadWriter writer(state_.kv_, *state_.terms_, *staged_, &meta_);
    const Timestamp at(meta_.applied_index.value() + (QR_MUTANT("snapshot-seen-too-late") ? 1 : 0));
    for (const rdf::Quad& quad : std::get<std::vector<rdf::Quad>>(chunk.content)) {
      QR_ASSIGN_OR_RETURN(const bool fresh, writer.Insert(quad, at));
      if (!fresh) return DataLoss("snapshot: chunk ", chunk.number, " holds a quad twice");
      if (writer.changes() >= state_.options_.batch_changes) QR_RETURN_IF_ERROR(WriteStaged(writer));
    }
    return WriteStaged(writer);
  }
  Status AddSessions(const SnapshotSessions& some) {
    KvBatch batch;
    for (const std::string& encoded : some.encoded) {
      QR_ASSIGN_OR_RETURN(const LogIndex number, txn::SessionTable::NumberOf(encoded));
      QR_RETURN_IF_ERROR(sessions_.Restore(encoded));
      batch.Put(SessionKey(meta_.space, number), encoded);
    }
    sessions_.TakeChanged();  // They are in the staged space.
    return state_.kv_.Write(&batch, false);
  }
  // The staged space needs no state of its own: its marker says that it is not one.
  Status WriteStaged(QuadWriter& writer) {
    writer.Write();
    if (!state_.WantsFold(*staged_)) return OkStatus();
    KvBatch nothing;
    return state_.FoldWith(*staged_, &nothing);
  }

  Status Check() const {
    if (!end_) return DataLoss("snapshot: the last chunk is missing");
    const SnapshotEnd found{meta_.applied_index, meta_.applied_term, meta_.quad_count,
                            meta_.digest, sessions_.summary()};
    if (found != *end_) {
      return DataLoss("snapshot: ", found.quad_count, " quads with digest ", found.digest.ToHex(),
                      " at ", found.index, "/", found.term, ", expected ", end_->quad_count,
                      " with ", end_->digest.ToHex(), " at ", end_->index, "/", end_->term, "; ", found.sessions.count,
                      " sessions, expected ", end_->sessions.count);
    }
    return OkStatus();
  }

  GraphState& state_;
  std::unique_ptr<QuadIndex> staged_;
  GraphMeta meta_;
  txn::SessionTable sessions_;
  uint64_t next_number_ = 0;
  std::optional<SnapshotEnd> end_;
  Status failed_;
  bool committed_ = false;
};

StatusOr<std::unique_ptr<replica::SnapshotReader>> GraphState::OpenSnapshot() {
  QR_RETURN_IF_ERROR(failed_);
  return std::unique_ptr<replica::SnapshotReader>(
      std::make_unique<GraphSnapshotReader>(kv_, terms_->dictionary(), index_->runs(), meta_, sessions_, stats_));
}

StatusOr<std::unique_ptr<replica::SnapshotWriter>> GraphState::BeginSnapshot(
    LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) {
  QR_RETURN_IF_ERROR(failed_);
  KvBatch batch;
  QR_ASSIGN_OR_RETURN(const SpaceId space, AllocateSpace(&batch));
  batch.Put(OldSpaceKey(group_, space), {});
  QR_RETURN_IF_ERROR(kv_.Write(&batch, false));
  QR_ASSIGN_OR_RETURN(auto staged, OpenIndex(space));
  return std::unique_ptr<replica::SnapshotWriter>(std::make_unique<GraphSnapshotWriter>(
      *this, index, term, std::move(configuration), space, std::move(staged)));
}

Status GraphState::InstallSpace(const GraphMeta& meta, std::unique_ptr<QuadIndex> index, txn::SessionTable sessions) {
  QR_RETURN_IF_ERROR(failed_);
  if (meta.applied_index < meta_.applied_index) {
    return FailedPrecondition("a snapshot at ", meta.applied_index, " is older than the state at ",
                              meta_.applied_index);
  }
  KvBatch batch;
  batch.Delete(OldSpaceKey(group_, meta.space));
  batch.Put(OldSpaceKey(group_, meta_.space), {});
  batch.Put(GroupKey(group_), EncodeGraphMeta(meta));
  failed_ = FoldWith(*index, &batch);
  if (failed_.ok() && !QR_MUTANT("snapshot-install-not-synced")) failed_ = kv_.Sync();
  QR_RETURN_IF_ERROR(failed_);
  sweeper_.Add(QR_MUTANT("sweeps-the-new-space") ? meta.space : meta_.space);
  meta_ = meta;
  stored_index_ = meta.applied_index;
  fold_.reset();  // What it wrote is swept with its space.
  index_ = std::move(index);
  sessions.InheritCounters(sessions_);
  sessions_ = std::move(sessions);
  return OkStatus();
}

}  // namespace quadraft::store
