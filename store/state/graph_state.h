// The replicated quads of one group: core/replica/state_machine.h over the node's key-value store.
//
// What was applied lately is in memory only and goes into the store in folds (store/runs/quad_index.h), with the
// applied index; after a crash the log brings back what is behind it.
//
//   QR_ASSIGN_OR_RETURN(auto kv, KvStore::Open(env, "state", {}));
//   QR_ASSIGN_OR_RETURN(auto state, GraphState::Open(*kv, GroupId{1}, {}));
//   QR_ASSIGN_OR_RETURN(auto results, state->Apply(entries));   // Payloads: core/txn/session.h.
//   auto view = state->LatestView();                            // A store::ReadView at the applied
//   index.
//
// The commit timestamp of an entry is its log index. A result is EncodeApplyResult, of a session's command
// txn::EncodeSessionResult; an entry that is neither has the error DataLoss as its result and changes nothing but the applied index,
// on every replica.
//
// Invariants: 1. quads, digest, count and applied index change together, in the store by one batch of a
// fold; 2. the digest is the sum of rdf::QuadFingerprint over the quads that are there; 3. all six
// permutations hold the same quads and versions; 4. a view once taken never changes; 5. every error
// of the store is final: Apply then returns it for ever; 6. an update of a session changes quads once, and its outcome is in the
// state, in folds and in snapshots exactly where its quads are.
#ifndef QUADRAFT_STORE_STATE_GRAPH_STATE_H_
#define QUADRAFT_STORE_STATE_GRAPH_STATE_H_

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/replica/state_machine.h"
#include "core/txn/session_table.h"
#include "store/dictionary/dictionary_writer.h"
#include "store/kv/kv_store.h"
#include "store/read/read_view.h"
#include "store/runs/quad_index.h"
#include "store/state/graph_meta.h"
#include "store/runs/sweeper.h"

namespace quadraft::store {

class QuadWriter;

inline constexpr size_t kTakenOverAtOnce = 4096;  // Changes of an older format that are added together.

struct ApplyResult {
  uint64_t inserted = 0;
  uint64_t deleted = 0;
  friend bool operator==(const ApplyResult&, const ApplyResult&) = default;
};
std::string EncodeApplyResult(const ApplyResult& result);
StatusOr<ApplyResult> DecodeApplyResult(std::string_view bytes);

// For metrics: how the state is kept, and since it was opened.
struct StateStats {
  size_t recent_rows = 0;  // In memory only.
  size_t stored_runs = 0;
  uint64_t folds = 0;
  uint64_t snapshot_bytes_read = 0, snapshot_bytes_staged = 0;
};

class GraphState : public replica::StateMachine {
 public:
  struct Options {
    uint64_t retention = 10'000;    // Views this many indexes back can still be taken.
    size_t batch_changes = 4096;    // Entries are applied in batches of about so many quads.
    size_t recent_term_bytes_max = 8u << 20;  // New terms in memory; then there is a fold.
    QuadIndex::Options index;
    Dictionary::Options dictionary;
  };
  // `kv` outlives the state. Several groups may share one store; each has one GraphState.
  static StatusOr<std::unique_ptr<GraphState>> Open(KvStore& kv, GroupId group,
                                                    const Options& options);

  LogIndex applied_index() const override { return meta_.applied_index; }
  RaftTerm applied_term() const override { return meta_.applied_term; }
  raft::AppliedConfiguration configuration() const override { return meta_.configuration; }
  StatusOr<std::vector<StatusOr<std::string>>> Apply(std::span<const raft::Entry> entries) override;
  Status MakeDurable(LogIndex index) override;
  StatusOr<std::unique_ptr<replica::SnapshotReader>> OpenSnapshot() override;
  // The writer must not outlive the state. Entries may be applied while it is filled.
  StatusOr<std::unique_ptr<replica::SnapshotWriter>> BeginSnapshot(
      LogIndex index, RaftTerm term, raft::AppliedConfiguration configuration) override;

  // At applied_index(). Holds the store open; may be handed to an Offload worker.
  std::shared_ptr<const ReadView> LatestView() const;
  // Unavailable: not applied yet. FailedPrecondition: older than what is kept.
  StatusOr<std::shared_ptr<const ReadView>> ViewAt(Timestamp timestamp) const;

  Hash128 content_digest() const { return meta_.digest; }
  uint64_t quad_count() const { return meta_.quad_count; }
  const txn::SessionTable& sessions() const { return sessions_; }
  StateStats stats() const;

  // Invariants 2 and 3, and the dictionary's, by reading everything. Slow. DataLoss says what
  // contradicts what.
  Status CheckConsistency() const;

 private:
  friend class GraphSnapshotWriter;
  struct FoldTask {
    LogIndex index;      // Applied when the fold began.
    KvBatch record;      // The state's own, and its sessions, as they were then.
    uint64_t terms_end;  // Terms before this sequence are used by its rows.
    bool terms_stored = false;
  };
  GraphState(KvStore& kv, GroupId group, const Options& options,
             std::shared_ptr<DictionaryWriter> terms);

  StatusOr<SpaceId> AllocateSpace(
      KvBatch* batch);  // Its number is taken once the batch is written.
  StatusOr<std::unique_ptr<QuadIndex>> OpenIndex(SpaceId space);
  Status TakeOver();
  // `first`: of the entries that are applied together.
  StatusOr<std::string> ApplyOne(const raft::Entry& entry, LogIndex first, QuadWriter* writer, Status* fatal);
  StatusOr<ApplyResult> ApplyWrites(const raft::Entry& entry, std::string_view writes, QuadWriter* writer, Status* fatal);
  // graph_sessions.cc
  StatusOr<std::string> ApplySession(const raft::Entry& entry, LogIndex first, QuadWriter* writer, Status* fatal);
  Status LoadSessions();
  void PutSessions(KvBatch* batch);
  KvBatch Record();  // What a fold says of the state as it is.
  Status MaybeFold();
  bool WantsFold(const QuadIndex& index) const;
  // A fold goes on in slices, kFoldPause apart, while entries are applied.
  Status BeginFold();
  void ScheduleFold();
  Status FoldSlice();
  Status FoldNow();  // What was applied until now, at once.
  Status FoldWith(QuadIndex& index, KvBatch* more);
  // The staged space becomes the state.
  Status InstallSpace(const GraphMeta& meta, std::unique_ptr<QuadIndex> index, txn::SessionTable sessions);
  Timestamp horizon() const { return std::max(meta_.horizon, index_->horizon()); }
  std::shared_ptr<const ReadView> ViewOf(Timestamp timestamp) const;

  KvStore& kv_;
  const GroupId group_;
  const Options options_;
  const std::shared_ptr<DictionaryWriter> terms_;
  GraphMeta meta_;  // But for its sessions, which are set when it is written.
  txn::SessionTable sessions_;
  LogIndex stored_index_;  // The applied index of the last fold.
  std::optional<FoldTask> fold_;
  bool fold_scheduled_ = false;
  std::shared_ptr<StateStats> stats_ = std::make_shared<StateStats>();  // Snapshots count in it, too.
  Status failed_;
  Sweeper sweeper_;
  std::unique_ptr<QuadIndex> index_;  // Of meta_.space.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_GRAPH_STATE_H_
