// Terms <-> ids of one node: what does not fit into an id (store/read/term_id.h) is kept here,
// once, for all shards.
//
//   QR_ASSIGN_OR_RETURN(auto dictionary, Dictionary::Of(kv));
//   Dictionary::Writer writer(*dictionary);
//   QR_ASSIGN_OR_RETURN(TermId id, writer.IdOf(term, &batch));      // New ids go into the caller's
//   batch. writer.Finish(&batch); QR_RETURN_IF_ERROR(kv.Write(&batch, false)); writer.Written();
//
// Invariants: 1. a bijection between ids and terms: a fingerprint only finds candidates, their
// bytes decide; 2. ids are never reused and never forgotten; 3. an id is durable no later than the
// quads that use it (same batch). Find and Lookup may be called by Offload workers; Writer is for
// the loop, one at a time.
#ifndef QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
#define QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/rdf/term.h"
#include "store/dictionary/term_cache.h"
#include "store/kv/kv_store.h"
#include "store/read/term_id.h"

namespace quadraft::store {

class Dictionary {
 public:
  struct Options {
    size_t cache_terms = 1u << 18;
    Hash128 (*fingerprint)(std::string_view bytes) = &Fingerprint;  // Tests make terms collide.
  };
  // The dictionary of `kv`, shared by all who ask; the first one's options count.
  static StatusOr<std::shared_ptr<Dictionary>> Of(KvStore& kv, const Options& options);

  StatusOr<std::optional<TermId>> Find(
      const rdf::Term& term) const;             // nullopt: no quad ever used it.
  StatusOr<rdf::Term> Lookup(TermId id) const;  // DataLoss when it is not there.

  // Gives new ids within one batch.
  class Writer {
   public:
    explicit Writer(Dictionary& dictionary) : dictionary_(dictionary), next_(dictionary.next_) {}
    StatusOr<TermId> IdOf(const rdf::Term& term, KvBatch* batch);
    // The id when there is one, also one that this batch is about to give.
    StatusOr<std::optional<TermId>> Find(const rdf::Term& term);
    // Whether this batch gives `id`: nothing that is stored can use it.
    bool IsFresh(TermId id) const;
    void Finish(KvBatch* batch);  // Last, before the batch is written.
    void Written();               // After it was. Without this nothing has happened.

   private:
    TermId Allocate(const rdf::Term& term, const Hash128& fingerprint, KvBatch* batch);
    StatusOr<std::optional<TermId>> FindEncoded(const Hash128& fingerprint);

    Dictionary& dictionary_;
    uint64_t next_;
    std::string bytes_;  // The encoded term at hand.
    struct Fresh {
      Hash128 fingerprint;
      std::string bytes;
      TermId id;
    };
    std::vector<Fresh> fresh_;                            // In order of their ids.
    absl::flat_hash_map<std::string, TermId> fresh_ids_;  // By encoded term.
    absl::flat_hash_map<Hash128, std::string>
        fresh_lists_;  // What the batch puts under each fingerprint.
  };

  // Walks all of it: invariant 1 and that no entry is torn. Slow. Returns how many terms there are.
  StatusOr<uint64_t> Check() const;

 private:
  Dictionary(KvStore& kv, const Options& options)
      : kv_(kv.Share()), options_(options), cache_(options.cache_terms) {}
  StatusOr<std::optional<TermId>> FindEncoded(const Hash128& fingerprint,
                                              std::string_view bytes) const;
  StatusOr<std::string> Bytes(TermId id) const;
  Status CheckIds(const Hash128& fingerprint, std::string_view ids, uint64_t* found) const;
  TermId MakeId(const rdf::Term& term, const Hash128& fingerprint, uint64_t sequence) const;

  const std::unique_ptr<KvStore> kv_;
  const Options options_;
  uint64_t next_ = 1;  // The next sequence number.
  mutable TermCache cache_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_DICTIONARY_H_
