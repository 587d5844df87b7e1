// Terms that have ids and may not be in the store yet, both ways. Thread-safe: the loop adds, query workers
// read. A term leaves only when the store has it.
#ifndef QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_
#define QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_

#include <deque>
#include <mutex>  // lint: allow determinism: Offload workers read the dictionary, too
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "core/base/hash.h"
#include "core/base/ids.h"

namespace quadraft::store {

struct RecentTerm {
  Hash128 fingerprint;
  std::string bytes;
  TermId id;
  uint64_t older = 0;  // Another recent term of this fingerprint: its sequence; 0: none.
};

class RecentTerms {
 public:
  // `first_sequence` is that of the first term that is added.
  explicit RecentTerms(uint64_t first_sequence) : first_(first_sequence) {}

  std::optional<TermId> Find(const Hash128& fingerprint, std::string_view bytes) const;
  bool Lookup(uint64_t sequence, std::string* bytes, TermId* id) const;
  // Sequences come without gaps.
  void Add(const Hash128& fingerprint, std::string_view bytes, TermId id);

  // For the loop, which alone changes them.
  uint64_t first_sequence() const { return first_; }
  uint64_t end_sequence() const { return first_ + terms_.size(); }
  size_t bytes() const { return bytes_; }
  const RecentTerm& At(uint64_t sequence) const { return terms_[sequence - first_]; }
  void DropFirst();

 private:
  const RecentTerm* Find(uint64_t sequence) const {  // nullptr: it went.
    return sequence >= first_ ? &terms_[sequence - first_] : nullptr;
  }

  mutable std::mutex mutex_;
  uint64_t first_;  // Sequence of the first term that is here.
  std::deque<RecentTerm> terms_;
  absl::flat_hash_map<Hash128, uint64_t> newest_;  // By fingerprint: its newest term's sequence.
  size_t bytes_ = 0;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_
