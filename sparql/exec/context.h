// What one running query owns besides its operators: the view, the limits, and the terms that only this query knows.
//
//   QR_RETURN_IF_ERROR(context.CheckInterrupted());          // Once per batch, in every loop.
//   QR_ASSIGN_OR_RETURN(TermId id, context.IdOf(term));      // kLocal when the dictionary does not know the term.
//   MemoryCharge charge(&context); QR_RETURN_IF_ERROR(charge.Set(buffer_bytes));
//
// Invariants: 1. within a query, id equality is term equality: IdOf asks the dictionary before it makes a local id; 2. every
// buffer that grows with the data is charged, so that used_bytes() <= memory_bytes_max after each successful Charge.
// Not thread-safe; used from one place at a time, outlives the operators built on it.
#ifndef QUADRAFT_SPARQL_EXEC_CONTEXT_H_
#define QUADRAFT_SPARQL_EXEC_CONTEXT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/env/random.h"
#include "core/rdf/term.h"
#include "sparql/engine.h"
#include "sparql/exec/batch.h"
#include "sparql/exec/id_cache.h"

namespace quadraft::sparql {

inline constexpr size_t kTermCacheSlots = 1u << 13;

class ExecContext {
 public:
  ExecContext(std::shared_ptr<const store::ReadView> view, const QueryLimits& limits);
  ExecContext(const ExecContext&) = delete;

  const store::ReadView& view() const { return *view_; }
  WallTime now() const { return limits_.now; }
  Random& random() { return random_; }

  // Cancelled or DeadlineExceeded once the caller wants the query to stop.
  Status CheckInterrupted() const;

  // ResourceExhausted, naming the limit, when intermediate results would pass memory_bytes_max; nothing is charged then.
  Status Charge(size_t bytes);
  void Release(size_t bytes) { used_bytes_ -= bytes; }
  size_t used_bytes() const { return used_bytes_; }

  // The id of any term. The default graph's is kDefaultGraphId.
  StatusOr<TermId> IdOf(const rdf::Term& term);
  // The id when the dictionary (or this query) knows the term, else nullopt: no quad can match it.
  StatusOr<std::optional<TermId>> FindId(const rdf::Term& term) const;
  // The term of any id that this query has seen. The pointer is good until the next call. `id` is not kNoTerm.
  StatusOr<const rdf::Term*> TermOf(TermId id);
  StatusOr<rdf::Term> Lookup(TermId id);

  // A label that no other call of this query returns; made from the seed, so queries with other seeds rarely share any.
  std::string NewBlankLabel();

 private:
  const std::shared_ptr<const store::ReadView> view_;
  const QueryLimits limits_;
  Random random_;
  size_t used_bytes_ = 0;
  uint64_t blank_count_ = 0;
  uint64_t blank_salt_ = 0;
  std::vector<std::unique_ptr<rdf::Term>> local_terms_;
  absl::flat_hash_map<std::string, uint32_t> local_ids_;  // By EncodeTerm; never iterated.
  IdCache<rdf::Term> cache_{kTermCacheSlots};
};

// Bytes charged by one buffer, given back when it dies.
class MemoryCharge {
 public:
  explicit MemoryCharge(ExecContext* context) : context_(context) {}
  MemoryCharge(const MemoryCharge&) = delete;
  ~MemoryCharge() { context_->Release(bytes_); }
  // The buffer is now this large.
  Status Set(size_t bytes) {
    if (bytes > bytes_) {
      QR_RETURN_IF_ERROR(context_->Charge(bytes - bytes_));
    } else {
      context_->Release(bytes_ - bytes);
    }
    bytes_ = bytes;
    return OkStatus();
  }
  Status Add(size_t bytes) { return Set(bytes_ + bytes); }

 private:
  ExecContext* const context_;
  size_t bytes_ = 0;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_CONTEXT_H_
