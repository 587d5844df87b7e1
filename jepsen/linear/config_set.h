// The configurations that a search has visited, kept so that one that a visited one is at least as
// good as is recognised.
//
// A configuration is a record of 64-bit words in four parts:
//   key       must be equal to be comparable (word 0 is not 0);
//   used      chances that are gone: fewer is better   (definite words, then open words);
//   relieved  duties that are gone although the chance is not: more is better (definite words).
// A dominates B when A.used is within B.used and what is used or relieved in B is so in A (over the
// definite words). Of the records under one key only such are kept that do not dominate each other,
// in a list; beyond kListMax of them only equal ones are recognised, by a second table, so that no
// insertion takes long.
//
// Memory is bounded: an insertion that would need more than the limit is refused.
#ifndef QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_
#define QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quadraft::jepsen {

struct RecordShape {
  size_t key = 1;
  size_t definite = 0;
  size_t open = 0;

  size_t used_at() const { return key; }
  size_t relieved_at() const { return key + definite + open; }
  size_t words() const { return key + 2 * definite + open; }
};

class ConfigSet {
 public:
  enum class Result { kNew, kSeen, kFull };

  ConfigSet(const RecordShape& shape, uint64_t bytes_max)
      : shape_(shape), soft_words_(shape.words() - shape.key), bytes_max_(bytes_max) {
    groups_table_.assign(kPlacesMin, 0);
  }

  Result Insert(const uint64_t* record);

  uint64_t size() const { return size_; }
  // Records compared with, in all insertions: the work that the lists cost.
  uint64_t compared() const { return compared_; }

 private:
  static constexpr size_t kPlacesMin = 64;
  static constexpr uint64_t kListMax = 512;

  // A group is [first node + 1, length of the list, key...]; a node [next node + 1, soft words...].
  size_t group_words() const { return 2 + shape_.key; }
  size_t node_words() const { return 1 + soft_words_; }
  uint64_t* group(uint64_t index) { return groups_.data() + index * group_words(); }
  uint64_t* node(uint64_t index) { return nodes_.data() + index * node_words(); }

  static uint64_t Hash(const uint64_t* words, size_t count, uint64_t seed) {
    uint64_t hash = 0x9e3779b97f4a7c15u ^ seed;
    for (size_t i = 0; i < count; ++i) {
      hash = (hash ^ words[i]) * 0xff51afd7ed558ccdu;
      hash ^= hash >> 32;
    }
    return hash * 0xc4ceb9fe1a85ec53u >> 20;
  }

  bool Dominates(const uint64_t* a, const uint64_t* b) const {
    const size_t used = shape_.definite + shape_.open;
    uint64_t against = 0;
    for (size_t i = 0; i < used; ++i) against |= a[i] & ~b[i];
    for (size_t i = 0; i < shape_.definite; ++i) {
      against |= (b[i] | b[used + i]) & ~(a[i] | a[used + i]);
    }
    return against == 0;
  }

  // Whether `more` words may be added to `words`, which may have to move.
  bool Fits(const std::vector<uint64_t>& words, size_t more) const {
    if (words.size() + more <= words.capacity()) return true;
    return Bytes() + 2 * words.capacity() * sizeof(uint64_t) <= bytes_max_;
  }
  uint64_t Bytes() const {
    return (groups_.capacity() + nodes_.capacity()) * sizeof(uint64_t) +
           (groups_table_.capacity() + equal_table_.capacity()) * sizeof(uint32_t);
  }
  // Doubles a table that is more than half full. `hash_of` gives the hash of what a place holds.
  template <typename HashOf>
  bool MakeRoom(std::vector<uint32_t>* table, uint64_t taken, const HashOf& hash_of);

  // The group of this key, made when it is new; kNoIndex when the limit is reached.
  uint64_t GroupOf(const uint64_t* key);
  // A new node, not linked; kNoIndex when the limit is reached.
  uint64_t AddNode(const uint64_t* soft);
  Result InsertBeyondList(uint64_t group_index, const uint64_t* soft);

  static constexpr uint64_t kNoIndex = static_cast<uint64_t>(-1);
  static constexpr uint64_t kIndexMax = static_cast<uint32_t>(-2);

  RecordShape shape_;
  size_t soft_words_;
  uint64_t bytes_max_;
  std::vector<uint64_t> groups_;
  std::vector<uint64_t> nodes_;
  std::vector<uint32_t> groups_table_;  // Group index + 1.
  std::vector<uint32_t> equal_table_;   // Node index + 1 of those beyond a list; next is the group.
  uint64_t group_count_ = 0;
  uint64_t node_count_ = 0;
  uint64_t equal_count_ = 0;
  uint64_t size_ = 0;
  uint64_t compared_ = 0;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_CONFIG_SET_H_
