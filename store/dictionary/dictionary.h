// Terms <-> ids of one node: what does not fit into an id (store/read/term_id.h) is kept here,
// once, for all shards. This is what queries see of it; dictionary_writer.h gives ids and stores terms.
//
//   auto id = dictionary->Find(term);      // May be called by Offload workers, as may Lookup.
//
// Invariants: 1. a bijection between ids and terms: a fingerprint only finds candidates, their
// bytes decide; 2. ids that the store has are never reused and never forgotten; 3. a term is found at any
// moment from the one at which it got its id: in memory, in the store, or in both.
#ifndef QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
#define QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_

#include <memory>
#include <mutex>  // lint: allow determinism: Offload workers read the dictionary, too
#include <optional>
#include <string>

#include "core/rdf/term.h"
#include "store/dictionary/recent_terms.h"
#include "store/dictionary/term_cache.h"
#include "store/kv/kv_store.h"
#include "store/read/term_id.h"
#include "store/runs/run_store.h"

namespace quadraft::store {

class DictionaryWriter;

class Dictionary {
 public:
  struct Options {
    size_t cache_terms = 1u << 18;
    Hash128 (*fingerprint)(std::string_view bytes) = &Fingerprint;  // Tests make terms collide.
  };
  // nullopt: no quad ever used it (or one that could not be written, just before the node stopped).
  StatusOr<std::optional<TermId>> Find(const rdf::Term& term) const;
  StatusOr<rdf::Term> Lookup(TermId id) const;  // DataLoss when it is not there.

  // Whether `id` was given when the next one was `sequence`, or later.
  static bool GivenSince(TermId id, uint64_t sequence);

 private:
  friend class DictionaryWriter;
  // What the store says of it (key 'n').
  struct Extent {
    uint64_t next = 1;         // Sequences from here on are not in the store.
    uint64_t blocks_from = 0;  // Terms before are of an older format: a key each.
  };
  // The dictionary of `kv`, shared by all who ask; the first one's options count.
  static StatusOr<std::shared_ptr<Dictionary>> Of(KvStore& kv, const Options& options);
  static StatusOr<Extent> ReadExtent(const KvStore& kv);
  Dictionary(KvStore& kv, const Options& options, const Extent& extent)
      : kv_(kv.Share()),
        options_(options),
        blocks_from_(extent.blocks_from),
        recent_(extent.next),
        cache_(options.cache_terms) {}

  StatusOr<std::optional<TermId>> FindEncoded(const Hash128& fingerprint,
                                              std::string_view bytes) const;
  StatusOr<std::optional<TermId>> FindInRuns(const Hash128& fingerprint, std::string_view bytes) const;
  StatusOr<std::optional<TermId>> FindInLists(const Hash128& fingerprint, std::string_view bytes) const;
  // Whether `id` is that of the term.
  StatusOr<bool> Is(TermId id, const Hash128& fingerprint, std::string_view bytes) const;
  StatusOr<std::string> Bytes(TermId id) const;        // From cache or store.
  StatusOr<std::string> StoredBytes(TermId id) const;  // From the store.
  TermId MakeId(const rdf::Term& term, const Hash128& fingerprint, uint64_t sequence) const;
  void SetRuns(const StoredRuns& runs);

  const std::unique_ptr<KvStore> kv_;
  const Options options_;
  const uint64_t blocks_from_;
  RecentTerms recent_;
  mutable TermCache cache_;
  mutable std::mutex runs_mutex_;
  std::shared_ptr<const StoredRuns> runs_ = std::make_shared<const StoredRuns>();
  std::weak_ptr<DictionaryWriter> writer_;  // For the loop.
};

// A fingerprint's rows in the runs begin with this.
inline uint64_t RunKeyOf(const Hash128& fingerprint) { return fingerprint.high; }
inline constexpr int kSequenceBits = kIdValueBits - kBucketBits;
uint64_t SequenceOf(TermId id);
bool HasSequence(TermId id);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
