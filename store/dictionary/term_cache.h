// Recently used terms, both ways: bytes -> id and id -> bytes. Bounded: sets of four slots, the
// least recently used goes. Thread-safe: the loop and query workers share it. What it says never
// changes, since ids are never reused.
#ifndef QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_
#define QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_

#include <array>
#include <mutex>  // lint: allow determinism: Offload workers read the dictionary, too
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/ids.h"

namespace quadraft::store {

inline constexpr size_t kCachedTermBytesMax = 1024;  // Longer terms are not worth a slot.

class TermCache {
 public:
  explicit TermCache(size_t slots);  // About this many terms each way.

  std::optional<TermId> Find(const Hash128& fingerprint, std::string_view bytes);
  bool Lookup(TermId id, std::string* bytes);
  void Insert(const Hash128& fingerprint, std::string_view bytes, TermId id);

 private:
  static constexpr size_t kWays = 4;
  struct Slot {
    TermId id;  // Zero: empty.
    std::string bytes;
  };
  using Set = std::array<Slot, kWays>;
  static void Use(Set& set, size_t way);  // Moves it to the front.

  Set& ByTerm(const Hash128& fingerprint) { return by_term_[fingerprint.high & mask_]; }
  Set& ById(TermId id) { return by_id_[(id.value() * 0x9e3779b97f4a7c15u >> 32) & mask_]; }

  const uint64_t mask_;
  std::mutex mutex_;  // Guards the sets.
  std::vector<Set> by_term_;
  std::vector<Set> by_id_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_
