// Recently used terms, both ways: bytes -> id and id -> bytes. Bounded: sets of four slots, the
// least recently used goes. Both tables begin small and double as they fill, up to their bound: a
// node that starts pays for little, and one with little data for few. Thread-safe: the loop and
// query workers share it. What it says never changes, since ids are never reused.
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
  explicit TermCache(size_t slots);  // About this many terms each way, at most.

  std::optional<TermId> Find(const Hash128& fingerprint, std::string_view bytes);
  bool Lookup(TermId id, std::string* bytes);
  void Insert(const Hash128& fingerprint, std::string_view bytes, TermId id);

 private:
  static constexpr size_t kWays = 4;
  static constexpr size_t kFirstSets = 16;
  struct Slot {
    TermId id;  // Zero: empty, as are all behind it.
    uint64_t hash = 0;
    std::string bytes;
  };
  using Set = std::array<Slot, kWays>;  // The most recently used first.

  class Table {
   public:
    explicit Table(size_t sets_max);
    Set& At(uint64_t hash) { return sets_[hash & (sets_.size() - 1)]; }
    void Insert(uint64_t hash, std::string_view bytes, TermId id);

   private:
    void Grow();

    const size_t sets_max_;  // A power of two, as is the size of sets_.
    std::vector<Set> sets_;
    size_t used_ = 0;  // Slots.
  };

  static void Use(Set& set, size_t way);  // Moves it to the front.
  static uint64_t HashOf(TermId id) { return id.value() * 0x9e3779b97f4a7c15u >> 32; }

  std::mutex mutex_;  // Guards the tables.
  Table by_term_;     // By fingerprint.high.
  Table by_id_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_
