// The replicated quads of one group: core/replica/state_machine.h over the node's key-value store.
//
//   QR_ASSIGN_OR_RETURN(auto kv, KvStore::Open(env, "state", {}));
//   QR_ASSIGN_OR_RETURN(auto state, GraphState::Open(*kv, GroupId{1}, {}));
//   QR_ASSIGN_OR_RETURN(auto results, state->Apply(entries));   // Payloads: txn::EncodeWriteSet.
//   auto view = state->LatestView();                            // A store::ReadView at the applied
//   index.
//
// The commit timestamp of an entry is its log index. A result is EncodeApplyResult; an entry that
// is no write set has the error DataLoss as its result and changes nothing but the applied index,
// on every replica.
//
// Invariants: 1. quads, digest, count and applied index change together, in one batch of the
// store; 2. the digest is the sum of rdf::QuadFingerprint over the quads that are there; 3. all six
// permutations hold the same quads and versions; 4. a view once taken never changes; 5. every error
// of the store is final: Apply then returns it for ever.
#ifndef QUADRAFT_STORE_STATE_GRAPH_STATE_H_
#define QUADRAFT_STORE_STATE_GRAPH_STATE_H_

#include <memory>
#include <string>
#include <vector>

#include "core/replica/state_machine.h"
#include "store/dictionary/dictionary.h"
#include "store/kv/kv_store.h"
#include "store/read/read_view.h"
#include "store/state/graph_meta.h"
#include "store/state/sweeper.h"

namespace quadraft::store {

class QuadWriter;

struct ApplyResult {
  uint64_t inserted = 0;
  uint64_t deleted = 0;
  friend bool operator==(const ApplyResult&, const ApplyResult&) = default;
};
std::string EncodeApplyResult(const ApplyResult& result);
StatusOr<ApplyResult> DecodeApplyResult(std::string_view bytes);

class GraphState : public replica::StateMachine {
 public:
  struct Options {
    uint64_t retention = 10'000;    // Views this many indexes back can still be taken.
    size_t batch_bytes = 1u << 20;  // Entries are applied in batches of about this size.
    Dictionary::Options dictionary;
  };
  // `kv` outlives the state. Several groups may share one store; each has one GraphState.
  static StatusOr<std::unique_ptr<GraphState>> Open(KvStore& kv, GroupId group,
                                                    const Options& options);

  LogIndex applied_index() const override { return meta_.applied_index; }
  RaftTerm applied_term() const override { return meta_.applied_term; }
  raft::AppliedConfiguration configuration() const override { return meta_.configuration; }
  StatusOr<std::vector<StatusOr<std::string>>> Apply(std::span<const raft::Entry> entries) override;
  Status MakeDurable() override;
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

  // Invariants 2 and 3, and the dictionary's, by reading everything. Slow. DataLoss says what
  // contradicts what.
  Status CheckConsistency() const;

 private:
  friend class GraphSnapshotWriter;
  GraphState(KvStore& kv, GroupId group, const Options& options,
             std::shared_ptr<Dictionary> dictionary);

  StatusOr<SpaceId> AllocateSpace(
      KvBatch* batch);  // Its number is taken once the batch is written.
  StatusOr<std::string> ApplyOne(const raft::Entry& entry, QuadWriter* writer, Status* fatal);
  Status DropOld(QuadWriter* writer);
  Status InstallSpace(const GraphMeta& meta);  // The staged space becomes the state.

  KvStore& kv_;
  const GroupId group_;
  const Options options_;
  const std::shared_ptr<Dictionary> dictionary_;
  GraphMeta meta_;
  Timestamp dropped_to_;  // Old versions before this were looked at since the start.
  Status failed_;
  Sweeper sweeper_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_STATE_GRAPH_STATE_H_
