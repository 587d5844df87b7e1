#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace quadraft {

void Hash128::Add(const Hash128& other) {
  const uint64_t before = low;
  low += other.low;
  high += other.high + (low < before ? 1 : 0);
}

void Hash128::Subtract(const Hash128& other) {
  const uint64_t before = low;
  low -= other.low;
  high -= other.high + (low > before ? 1 : 0);
}

std::string Hash128::ToHex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint64_t half : {high, low}) {
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[(half >> shift) & 15]);
  }
  return out;
}

Hash128 Fingerprint(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

uint64_t Fingerprint64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

void RunHash::Fold(uint64_t number) {
  // One multiply-fold round per lane (the mixing step of wyhash): order matters, each input bit reaches both lanes.
  const auto mix = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const uint64_t high = mix(state_.high ^ number, 0xa0761d6478bd642fu);
  const uint64_t low = mix(state_.low + number, 0xe7037ed1a0b428dbu);
  state_.high = high + (low << 1 | low >> 63);
  state_.low = low ^ (high << 32 | high >> 32);
}

}  // namespace quadraft
