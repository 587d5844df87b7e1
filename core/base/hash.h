// 128-bit hashing that is the same on every build and machine (XXH3, library xxhash).
//
// Fingerprint: of a byte string (terms, digests). RunHash: a rolling hash over a sequence of events.
#ifndef QUADRAFT_CORE_BASE_HASH_H_
#define QUADRAFT_CORE_BASE_HASH_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace quadraft {

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  friend constexpr auto operator<=>(const Hash128&, const Hash128&) = default;
  // Addition modulo 2^128: the order-independent combination of set digests; Subtract undoes Add.
  void Add(const Hash128& other);
  void Subtract(const Hash128& other);
  std::string ToHex() const;  // 32 lower-case digits.
  template <typename H>
  friend H AbslHashValue(H h, const Hash128& hash) {
    return H::combine(std::move(h), hash.high, hash.low);
  }
};

Hash128 Fingerprint(std::string_view bytes);
uint64_t Fingerprint64(std::string_view bytes, uint64_t seed = 0);

class RunHash {
 public:
  void Fold(uint64_t number);
  void Fold(std::string_view bytes) {
    Fold(Fingerprint64(bytes));
    Fold(bytes.size());
  }
  Hash128 value() const { return state_; }

 private:
  Hash128 state_{0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu};
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_HASH_H_
