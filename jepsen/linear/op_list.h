// A doubly linked list over operation numbers: Remove and Restore in O(1), in the manner of dancing
// links.
//
//   OpList list(3);
//   list.PushBack(0); list.PushBack(2);
//   list.Remove(0);                       // First() is 2
//   list.Restore(0);                      // Undoes Remove; calls must nest.
#ifndef QUADRAFT_JEPSEN_LINEAR_OP_LIST_H_
#define QUADRAFT_JEPSEN_LINEAR_OP_LIST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quadraft::jepsen {

inline constexpr uint32_t kNoOp = static_cast<uint32_t>(-1);
// Marks, in an order, an operation that stands somewhere before, unseen.
inline constexpr uint32_t kHiddenBit = uint32_t{1} << 31;

class OpList {
 public:
  explicit OpList(size_t count) : next_(count + 1, kNoOp), previous_(count + 1, kNoOp) {
    tail_ = head_ = static_cast<uint32_t>(count);
  }
  void PushBack(uint32_t op) {
    next_[tail_] = op;
    previous_[op] = tail_;
    tail_ = op;
  }
  uint32_t First() const { return next_[head_]; }
  uint32_t Next(uint32_t op) const { return next_[op]; }
  void Remove(uint32_t op) {
    next_[previous_[op]] = next_[op];
    if (next_[op] != kNoOp) previous_[next_[op]] = previous_[op];
  }
  void Restore(uint32_t op) {
    next_[previous_[op]] = op;
    if (next_[op] != kNoOp) previous_[next_[op]] = op;
  }

 private:
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  uint32_t head_;
  uint32_t tail_;
};

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_OP_LIST_H_
