// Random numbers: xoshiro256** (Blackman, Vigna 2018) seeded from (seed, name) through splitmix64.
//
//   Random& r = env.random("raft/7/election");   // Its own stream: a new consumer moves no other's draws.
//   Duration d = milliseconds(r.Between(150, 300));
//
// Integers only: nothing that decides may rest on floating point. Not for secrets. Not thread-safe.
#ifndef QUADRAFT_CORE_ENV_RANDOM_H_
#define QUADRAFT_CORE_ENV_RANDOM_H_

#include <cstdint>
#include <string_view>

namespace quadraft {

class Random {
 public:
  explicit Random(uint64_t seed, std::string_view name = {});
  uint64_t Next();                            // Uniform over all 64 bits.
  uint64_t Below(uint64_t bound);             // Uniform in [0, bound); bound > 0.
  int64_t Between(int64_t low, int64_t high); // Uniform in [low, high].
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  bool Chance(uint64_t numerator, uint64_t denominator) { return Below(denominator) < numerator; }

 private:
  uint64_t state_[4];
};

}  // namespace quadraft

#endif  // QUADRAFT_CORE_ENV_RANDOM_H_
