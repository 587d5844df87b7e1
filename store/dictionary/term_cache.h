// Recently used terms, both ways: bytes -> id and id -> bytes. Bounded: sets of four slots, the
// least recently used goes. Sets come into being in blocks, when a term first falls into one: a node
// that starts pays for none, and one with little data for few. Thread-safe: the loop and query workers share it. What it says never
// changes, since ids are never reused.
#ifndef QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_
#define QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_

#include <array>
#include <memory>
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
  static constexpr size_t kBlockSets = 16;
  struct Slot {
    TermId id;  // Zero: empty.
    std::string bytes;
  };
  using Set = std::array<Slot, kWays>;
  static void Use(Set& set, size_t way);  // Moves it to the front.

  // Sets by number, made in blocks of kBlockSets.
  class Sets {
   public:
    explicit Sets(size_t count) : blocks_((count + kBlockSets - 1) / kBlockSets) {}
    Set* Find(size_t at) {  // Null: nothing was ever there.
      Block* const block = blocks_[at / kBlockSets].get();
      return block == nullptr ? nullptr : &(*block)[at % kBlockSets];
    }
    Set& Make(size_t at) {
      std::unique_ptr<Block>& block = blocks_[at / kBlockSets];
      if (block == nullptr) block = std::make_unique<Block>();
      return (*block)[at % kBlockSets];
    }

   private:
    using Block = std::array<Set, kBlockSets>;
    std::vector<std::unique_ptr<Block>> blocks_;
  };

  size_t AtTerm(const Hash128& fingerprint) const { return fingerprint.high & mask_; }
  size_t AtId(TermId id) const { return (id.value() * 0x9e3779b97f4a7c15u >> 32) & mask_; }

  const uint64_t mask_;
  std::mutex mutex_;  // Guards the sets.
  Sets by_term_;
  Sets by_id_;
};

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_DICTIONARY_TERM_CACHE_H_
