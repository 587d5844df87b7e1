// The set of configurations that a search has visited: fixed-width records of 64-bit words in one
// open-addressing table.
//
// Word 0 must not be 0 (it marks an empty place). Memory is bounded: an insertion that would need a
// table above the limit is refused.
#ifndef QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_
#define QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace quadraft::jepsen {

class ConfigSet {
 public:
  enum class Result { kNew, kSeen, kFull };

  ConfigSet(size_t words, uint64_t bytes_max)
      : words_(words), bytes_max_(bytes_max), mask_(kPlacesMin - 1), table_(kPlacesMin * words) {}

  Result Insert(const uint64_t* record) {
    uint64_t* place = Find(table_, mask_, record);
    if (*place != 0) return Result::kSeen;
    if ((size_ + 1) * 5 > (mask_ + 1) * 3) {  // At most three places in five are taken.
      if (!Grow()) return Result::kFull;
      place = Find(table_, mask_, record);
    }
    std::memcpy(place, record, words_ * sizeof(uint64_t));
    ++size_;
    return Result::kNew;
  }
  uint64_t size() const { return size_; }

 private:
  static constexpr uint64_t kPlacesMin = 64;

  uint64_t Hash(const uint64_t* record) const {
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < words_; ++i) {
      hash = (hash ^ record[i]) * 0xff51afd7ed558ccdu;
      hash ^= hash >> 32;
    }
    return hash * 0xc4ceb9fe1a85ec53u >> 20;
  }
  // The record's own place, or the empty one where it would go.
  uint64_t* Find(std::vector<uint64_t>& table, uint64_t mask, const uint64_t* record) const {
    uint64_t index = Hash(record) & mask;
    while (true) {
      uint64_t* place = table.data() + index * words_;
      if (*place == 0 || std::equal(place, place + words_, record)) return place;
      index = (index + 1) & mask;
    }
  }
  bool Grow() {
    const uint64_t places = (mask_ + 1) * 2;
    // Both tables live while the records move.
    if ((places + mask_ + 1) * words_ * sizeof(uint64_t) > bytes_max_) return false;
    std::vector<uint64_t> larger(places * words_);
    for (uint64_t i = 0; i <= mask_; ++i) {
      const uint64_t* record = table_.data() + i * words_;
      if (*record == 0) continue;
      std::memcpy(Find(larger, places - 1, record), record, words_ * sizeof(uint64_t));
    }
    table_.swap(larger);
    mask_ = places - 1;
    return true;
  }

  size_t words_;
  uint64_t bytes_max_;
  uint64_t mask_;
  uint64_t size_ = 0;
  std::vector<uint64_t> table_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_
