// Terms <-> ids of one node: what does not fit into an id (store/read/term_id.h) is kept here,
// once, for all shards.
//
//   QR_ASSIGN_OR_RETURN(auto dictionary, Dictionary::Of(kv));
//   QR_ASSIGN_OR_RETURN(TermId id, dictionary->IdOf(term));   // A new id is in memory only,
//   QR_RETURN_IF_ERROR(dictionary->Flush());                  // and in the store from here on.
//
// Invariants: 1. a bijection between ids and terms: a fingerprint only finds candidates, their
// bytes decide; 2. ids that the store has are never reused and never forgotten; 3. an id is durable no later
// than the quads that use it: who writes quads into the store flushes first. Find and Lookup may be called by
// Offload workers; the rest is for the loop.
#ifndef QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
#define QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/term.h"
#include "store/dictionary/recent_terms.h"
#include "store/dictionary/term_cache.h"
#include "store/kv/kv_store.h"
#include "store/read/term_id.h"

namespace quadraft::store {

inline constexpr size_t kFlushedTermsPerBatch = 4096;

class Dictionary {
 public:
  struct Options {
    size_t cache_terms = 1u << 18;
    Hash128 (*fingerprint)(std::string_view bytes) = &Fingerprint;  // Tests make terms collide.
  };
  // The dictionary of `kv`, shared by all who ask; the first one's options count.
  static StatusOr<std::shared_ptr<Dictionary>> Of(KvStore& kv, const Options& options);

  // nullopt: no quad ever used it (or one that could not be written, just before the node stopped).
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const;
  StatusOr<rdf::Term> Lookup(TermId id) const;  // DataLoss when it is not there.

  // The term's id, a new one if need be.
  StatusOr<TermId> IdOf(const rdf::Term& term);
  // Ids that are given from now on begin here.
  uint64_t next_sequence() const { return next_; }
  // Whether `id` was given when the next one was `sequence`, or later.
  static bool GivenSince(TermId id, uint64_t sequence);
  // Bytes of terms that are in memory only.
  size_t recent_bytes() const { return recent_.bytes(); }
  // All of them into the store. An error of the store is final.
  Status Flush();

  // Walks all of it: invariant 1 and that no entry is torn. Slow. Returns how many terms there are.
  StatusOr<uint64_t> Check() const;

 private:
  Dictionary(KvStore& kv, const Options& options, uint64_t next)
      : kv_(kv.Share()),
        options_(options),
        next_(next),
        recent_(next),
        cache_(options.cache_terms) {}
  // `list`: when there is none, what the store has under that fingerprint.
  StatusOr<std::optional<TermId>> FindEncoded(const Hash128& fingerprint, std::string_view bytes,
                                              std::string* list) const;
  StatusOr<std::string> Bytes(TermId id) const;
  Status CheckIds(const Hash128& fingerprint, std::string_view ids, uint64_t* found) const;
  TermId MakeId(const rdf::Term& term, const Hash128& fingerprint, uint64_t sequence) const;

  const std::unique_ptr<KvStore> kv_;
  const Options options_;
  uint64_t next_;  // The next sequence number.
  RecentTerms recent_;
  absl::flat_hash_map<Hash128, std::string> stored_lists_;  // Of recent terms whose fingerprints clash.
  mutable TermCache cache_;
  std::string term_;  // The encoded term at hand.
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
