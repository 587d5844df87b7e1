// Log, key-value store and state together, as one replica uses them, on the simulator's disk, with
// a model that knows what must be there after a restart.
//
//   SimDiskEnv env(seed);
//   Replica replica(env, random);
//   QR_RETURN_IF_ERROR(replica.Start());   // DataLoss, a disk's error; Internal: the model
//   differs. replica.Run(30);  replica.Stop();  env.sim_disk().Crash();
#ifndef QUADRAFT_STORE_TESTING_STORAGE_REPLICA_H_
#define QUADRAFT_STORE_TESTING_STORAGE_REPLICA_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/txn/write_set.h"
#include "sim/world/disk.h"
#include "sim/world/manual_executor.h"
#include "store/log/write_ahead_log.h"
#include "store/state/graph_state.h"
#include "store/testing/memory_env.h"

namespace quadraft::store {

inline constexpr GroupId kStorageGroup{1};

class SimDiskEnv : public Env {
 public:
  explicit SimDiskEnv(uint64_t seed) : disk_(seed, &executor_), random_(seed, "sim_env") {}

  sim::SimDisk& sim_disk() { return disk_; }
  sim::ManualExecutor& sim_executor() { return executor_; }

  Clock& clock() override { return executor_; }
  Executor& executor() override { return executor_; }
  Network& network() override { return nobody_.network(); }
  Disk& disk() override { return disk_; }
  Random& random(std::string_view) override { return random_; }
  void Log(LogLevel level, std::string_view line) override {
    if (level != LogLevel::kDebug) lines_.emplace_back(line);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  sim::ManualExecutor executor_;
  sim::SimDisk disk_;
  Random random_;
  MemoryEnv nobody_;
  std::vector<std::string> lines_;
};

inline txn::WriteSet RandomWrites(Random& random) {
  txn::WriteSet writes;
  const auto quad = [&random] {
    return rdf::Quad{rdf::Term::Iri(StrCat("http://example/subject", random.Below(30))),
                     rdf::Term::Iri(StrCat("http://example/predicate", random.Below(3))),
                     rdf::Term::Literal(StrCat("some object ", random.Below(30))),
                     rdf::Term::DefaultGraph()};
  };
  for (uint64_t n = random.Below(6); n > 0; --n) writes.deletes.push_back(quad());
  for (uint64_t n = random.Below(10); n > 0; --n) writes.inserts.push_back(quad());
  return writes;
}

class Replica {
 public:
  Replica(SimDiskEnv& env, Random& random) : env_(env), random_(random) {}

  // Every entry that was ever proposed, and the digest after each, by what a replica without a disk
  // would hold.
  void Propose() {
    const auto writes = RandomWrites(random_);
    for (const auto& quad : writes.deletes) {
      if (model_.erase(quad) > 0) digest_.Subtract(rdf::QuadFingerprint(quad));
    }
    for (const auto& quad : writes.inserts) {
      if (model_.insert(quad).second) digest_.Add(rdf::QuadFingerprint(quad));
    }
    entries_.push_back({RaftTerm{1}, LogIndex{entries_.size() + 1}, raft::EntryKind::kNormal,
                        std::make_shared<const std::string>(txn::EncodeWriteSet(writes))});
    digests_.push_back(digest_);
    models_.push_back(model_);
  }

  Status Start() {
    QR_ASSIGN_OR_RETURN(log_, WriteAheadLog::Open(env_, "log", {.segment_bytes = 4000}));
    QR_ASSIGN_OR_RETURN(kv_, KvStore::Open(env_, "state",
                                           {.block_cache_bytes = 1u << 16,
                                            .write_buffer_bytes = 1u << 16,
                                            .table_bytes = 1u << 20}));
    QR_ASSIGN_OR_RETURN(state_,
                        GraphState::Open(*kv_, kStorageGroup,
                                         {.retention = 30,
                                          .index = {.recent_rows_max = 24, .block_rows = 4},
                                          .dictionary = {.cache_terms = 64}}));
    return CheckRecovered();
  }
  void Stop() { state_.reset(), kv_.reset(), log_.reset(); }

  Status Run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const size_t first = entries_.size();
      for (uint64_t n = 1 + random_.Below(4); n > 0; --n) Propose();
      QR_RETURN_IF_ERROR(log_->Append(kStorageGroup, std::span(entries_).subspan(first)));
      log_->Sync([this, last = entries_.size()](Status status) {
        if (status.ok()) acknowledged_ = last;
      });
      for (uint64_t n = random_.Below(4); n > 0; --n) env_.sim_executor().RunOne();
      QR_RETURN_IF_ERROR(Apply(acknowledged_));
      if (random_.OneIn(10)) {
        QR_RETURN_IF_ERROR(state_->MakeDurable(state_->applied_index()));
        QR_RETURN_IF_ERROR(
            log_->SaveSnapshotMark(kStorageGroup, state_->applied_index(), RaftTerm{1}));
      }
      if (random_.OneIn(5))
        QR_RETURN_IF_ERROR(
            log_->SaveHardState(kStorageGroup, {RaftTerm{1}, NodeId{1}, LogIndex{acknowledged_}}));
    }
    return OkStatus();
  }

 private:
  Status Apply(size_t upto) {
    const size_t applied = state_->applied_index().value();
    if (upto <= applied) return OkStatus();
    QR_RETURN_IF_ERROR(
        state_->Apply(std::span(entries_).subspan(applied, upto - applied)).status());
    if (state_->content_digest() != digests_[upto - 1])
      return Internal("the digest after entry ", upto, " is wrong");
    return OkStatus();
  }

  Status CheckRecovered() {
    const auto found = log_->TakeRecovered()[kStorageGroup];
    const size_t applied = state_->applied_index().value();
    const size_t base = found.snapshot_index.value(), last = base + found.entries.size();
    if (applied < base)
      return DataLoss("the state is at ", applied, ", the log starts after ", base);
    if (last < acknowledged_)
      return Internal(acknowledged_, " was acknowledged, the log ends at ", last);
    if (last > entries_.size())
      return Internal("the log ends at ", last, ", only ", entries_.size(), " were proposed");
    for (size_t i = 0; i < found.entries.size(); ++i) {
      if (found.entries[i] != entries_[base + i])
        return Internal("entry ", base + i + 1, " is another one");
    }
    if (applied > last) return Internal("the state is at ", applied, ", the log ends at ", last);
    entries_.resize(last), digests_.resize(last), models_.resize(last);
    digest_ = last == 0 ? Hash128() : digests_.back();
    model_ = last == 0 ? std::set<rdf::Quad>() : models_.back();
    acknowledged_ = last;
    if (applied > 0 && state_->content_digest() != digests_[applied - 1])
      return Internal("the digest at ", applied, " is wrong");
    QR_RETURN_IF_ERROR(Apply(last));
    return state_->CheckConsistency();
  }

  SimDiskEnv& env_;
  Random& random_;
  std::vector<raft::Entry> entries_;
  std::vector<Hash128> digests_;
  std::vector<std::set<rdf::Quad>> models_;
  std::set<rdf::Quad> model_;
  Hash128 digest_;
  size_t acknowledged_ = 0;
  std::unique_ptr<WriteAheadLog> log_;
  std::unique_ptr<KvStore> kv_;
  std::unique_ptr<GraphState> state_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_TESTING_STORAGE_REPLICA_H_
