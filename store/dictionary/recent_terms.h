// Terms that have ids and are not in the store yet, both ways. Thread-safe: the loop adds, query workers
// read. A term leaves only when the store has it.
#ifndef QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_
#define QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_

#include <deque>
#include <mutex>  // lint: allow determinism: Offload workers read the dictionary, too
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/hash.h"
#include "core/base/ids.h"

namespace quadraft::store {

struct RecentTerm {
  Hash128 fingerprint;
  std::string bytes;
  TermId id;
  uint64_t older = 0;  // Another recent term of this fingerprint: its number from the first; 0: none.
};

class RecentTerms {
 public:
  // `first_sequence` is that of the first term that is added when there is none.
  explicit RecentTerms(uint64_t first_sequence) : first_(first_sequence) {}

  std::optional<TermId> Find(const Hash128& fingerprint, std::string_view bytes) const;
  bool Lookup(uint64_t sequence, std::string* bytes, TermId* id) const;
  // Sequences come without gaps.
  void Add(const Hash128& fingerprint, std::string_view bytes, TermId id);

  size_t size() const { return terms_.size(); }
  size_t bytes() const { return bytes_; }
  // For the loop, which alone changes them: the oldest `count`, and letting them go.
  std::vector<const RecentTerm*> Oldest(size_t count) const;
  void DropOldest(size_t count);
  // Ids of the fingerprint up to that term, in their order.
  std::vector<TermId> IdsUpTo(const RecentTerm& term) const;
  bool IsNewest(const RecentTerm& term) const;  // Of its fingerprint.

 private:
  const RecentTerm* At(uint64_t number) const {  // nullptr: it went.
    return number > dropped_ ? &terms_[number - dropped_ - 1] : nullptr;
  }

  mutable std::mutex mutex_;
  uint64_t first_;           // Sequence of the first term ever added.
  uint64_t dropped_ = 0;     // How many went. Terms are numbered from 1.
  std::deque<RecentTerm> terms_;
  absl::flat_hash_map<Hash128, uint64_t> newest_;  // By fingerprint: its newest term's number.
  size_t bytes_ = 0;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_RECENT_TERMS_H_
