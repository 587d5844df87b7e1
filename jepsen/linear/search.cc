#include "jepsen/linear/search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace quadraft::jepsen {
namespace {

constexpr uint32_t kNone = static_cast<uint32_t>(-1);

// Doubly linked lists over operation numbers: Remove and Restore in O(1), in the manner of dancing
// links.
class OpList {
 public:
  explicit OpList(size_t count) : next_(count + 1, kNone), previous_(count + 1, kNone) {
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
    if (next_[op] != kNone) previous_[next_[op]] = previous_[op];
  }
  // Undoes Remove; calls must nest.
  void Restore(uint32_t op) {
    next_[previous_[op]] = op;
    if (next_[op] != kNone) previous_[next_[op]] = op;
  }

 private:
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  uint32_t head_;
  uint32_t tail_;
};

class Search {
 public:
  Search(const std::vector<const Operation*>& operations, Machine* machine, const Limits& limits)
      : operations_(operations),
        machine_(*machine),
        limits_(limits),
        definite_(operations.size()),
        open_(operations.size()),
        info_(operations.size()) {
    Prepare();
  }

  SearchResult Run();

 private:
  enum class Stage : uint8_t { kFirstReturn, kDefinite, kOpen, kDone };

  // A configuration under exploration: what it is, and which of its children come next.
  struct Frame {
    uint32_t order_size;
    uint32_t first_return;
    uint32_t state;
    Stage stage = Stage::kFirstReturn;
    uint32_t cursor = kNone;   // The next operation to try, in the stages that walk a list.
    bool must_matter = false;  // Fact 4: an open operation led here from `state_before`, and
                               // nothing was absorbed since.
    uint32_t state_before = 0;
  };

  struct Info {
    size_t invoked = 0;
    size_t completed = Operation::kNever;
    uint32_t slot = 0;
    uint32_t twin = kNone;  // Of an open operation: the last one of its class invoked before it.
    bool is_definite = false;
    bool is_pure = false;
    bool placed = false;
  };

  void Prepare();
  void AssignSlots();
  void FindTwins();

  size_t window_end() const { return info_[returns_[first_return_]].completed; }
  void Place(uint32_t op, uint32_t state);
  void AbsorbPure();
  void PushFrame(bool must_matter, uint32_t state_before);
  void UndoTo(const Frame& frame);
  uint32_t NextCandidate(Frame* frame) const;
  bool EnterNextChild();
  bool EnterChild(uint32_t op);
  void RememberBest();
  void SetBit(uint32_t slot) { bits()[slot / 64] |= uint64_t{1} << (slot % 64); }
  void ClearBit(uint32_t slot) { bits()[slot / 64] &= ~(uint64_t{1} << (slot % 64)); }
  uint64_t* bits() { return record_.data() + 1; }
  SearchResult Finish(Verdict verdict);

  const std::vector<const Operation*>& operations_;
  Machine& machine_;
  const Limits& limits_;
  OpList definite_;  // Not yet placed, in order of invoke.
  OpList open_;
  std::vector<Info> info_;
  std::vector<uint32_t> returns_;  // Definite operations in order of completion.
  size_t bit_words_ = 1;

  // The current configuration. record_ is word 0 (return and state) and a bit per slot: what is
  // placed among what is open.
  uint32_t first_return_ = 0;
  uint32_t state_ = 0;
  std::vector<uint64_t> record_;
  std::vector<uint32_t> order_;

  std::vector<Frame> frames_;
  std::vector<uint64_t> saved_bits_;  // bit_words_ per frame.
  ConfigSet visited_{1, 0};
  uint64_t steps_ = 0;
  bool memory_reached_ = false;

  std::vector<uint32_t> best_order_;
  uint32_t best_return_ = 0;
  size_t best_shared_ = 0;  // best_order_ and order_ agree up to here.
  bool has_best_ = false;
};

void Search::Prepare() {
  for (uint32_t op = 0; op < operations_.size(); ++op) {
    const Operation& operation = *operations_[op];
    Info& info = info_[op];
    info.invoked = operation.invoked;
    info.is_definite = operation.outcome == EventType::kOk;
    info.is_pure = machine_.IsPure(op);
    if (info.is_definite) {
      info.completed = operation.completed;
      returns_.push_back(op);
      definite_.PushBack(op);
    } else {
      open_.PushBack(op);
    }
  }
  std::sort(returns_.begin(), returns_.end(),
            [this](uint32_t a, uint32_t b) { return info_[a].completed < info_[b].completed; });
  AssignSlots();
  FindTwins();
  state_ = machine_.initial();
}

// A definite operation holds a slot from invoke to return, an open one for ever. So at a given
// return every operation that may be placed has a slot of its own, and the bits say exactly which
// of them are.
void Search::AssignSlots() {
  std::vector<uint32_t> free;
  uint32_t slots = 0;
  size_t next_return = 0;
  for (Info& info : info_) {
    while (next_return < returns_.size() && info_[returns_[next_return]].completed < info.invoked) {
      free.push_back(info_[returns_[next_return++]].slot);
    }
    if (free.empty()) {
      info.slot = slots++;
    } else {
      info.slot = free.back();
      free.pop_back();
    }
  }
  bit_words_ = slots / 64 + 1;
  record_.assign(1 + bit_words_, 0);
  visited_ = ConfigSet(record_.size(), limits_.memory_bytes_max);
}

void Search::FindTwins() {
  absl::flat_hash_map<uint64_t, uint32_t> last;  // Never iterated.
  for (uint32_t op = open_.First(); op != kNone; op = open_.Next(op)) {
    const auto [found, is_new] = last.try_emplace(machine_.Class(op), op);
    if (!is_new) info_[op].twin = std::exchange(found->second, op);
  }
}

void Search::Place(uint32_t op, uint32_t state) {
  Info& info = info_[op];
  info.placed = true;
  (info.is_definite ? definite_ : open_).Remove(op);
  order_.push_back(op);
  SetBit(info.slot);
  state_ = state;
  while (first_return_ < returns_.size() && info_[returns_[first_return_]].placed) {
    ClearBit(info_[returns_[first_return_]].slot);
    ++first_return_;
  }
}

// Fact 1. One pass is enough: the state does not change, and the window only grows at its end.
void Search::AbsorbPure() {
  uint32_t op = definite_.First();
  while (op != kNone && first_return_ < returns_.size() && info_[op].invoked < window_end()) {
    const uint32_t next = definite_.Next(op);
    if (info_[op].is_pure) {
      ++steps_;
      if (machine_.Step(state_, op) == state_) Place(op, state_);
    }
    op = next;
  }
}

void Search::UndoTo(const Frame& frame) {
  while (order_.size() > frame.order_size) {
    const uint32_t op = order_.back();
    order_.pop_back();
    info_[op].placed = false;
    (info_[op].is_definite ? definite_ : open_).Restore(op);
  }
  best_shared_ = std::min(best_shared_, order_.size());
  first_return_ = frame.first_return;
  state_ = frame.state;
  std::copy(saved_bits_.end() - static_cast<ptrdiff_t>(bit_words_), saved_bits_.end(), bits());
}

void Search::PushFrame(bool must_matter, uint32_t state_before) {
  frames_.push_back({.order_size = static_cast<uint32_t>(order_.size()),
                     .first_return = first_return_,
                     .state = state_,
                     .must_matter = must_matter,
                     .state_before = state_before});
  saved_bits_.insert(saved_bits_.end(), bits(), bits() + bit_words_);
}

// The operation that must return first is the most urgent one; the open ones come last, as most of
// them never happened.
uint32_t Search::NextCandidate(Frame* frame) const {
  const size_t end = window_end();
  if (frame->stage == Stage::kFirstReturn) {
    frame->stage = Stage::kDefinite;
    frame->cursor = definite_.First();
    return returns_[first_return_];
  }
  if (frame->stage == Stage::kDefinite) {
    uint32_t op = frame->cursor;
    if (op == returns_[first_return_]) op = definite_.Next(op);
    if (op != kNone && info_[op].invoked < end) {
      frame->cursor = definite_.Next(op);
      return op;
    }
    frame->stage = Stage::kOpen;
    frame->cursor = open_.First();
  }
  const uint32_t op = frame->cursor;
  if (op == kNone || info_[op].invoked > end) return kNone;
  frame->cursor = open_.Next(op);
  return op;
}

// Places `op` if it may stand here and leads to a configuration not yet visited.
bool Search::EnterChild(uint32_t op) {
  const Frame& frame = frames_.back();
  const Info& info = info_[op];
  // A pure operation that fitted would have been absorbed.
  if (info.is_pure) return false;
  if (info.twin != kNone && !info_[info.twin].placed) return false;
  ++steps_;
  const uint32_t before = frame.state;
  const uint32_t after = machine_.Step(before, op);
  if (after == Machine::kImpossible || (!info.is_definite && after == before)) return false;
  if (frame.must_matter && machine_.Step(frame.state_before, op) == after) return false;
  Place(op, after);
  const size_t placed = order_.size();
  AbsorbPure();
  record_[0] = ((uint64_t{first_return_} + 1) << 32) | state_;
  const ConfigSet::Result inserted = visited_.Insert(record_.data());
  if (inserted == ConfigSet::Result::kNew) {
    PushFrame(!info.is_definite && order_.size() == placed, before);
    return true;
  }
  memory_reached_ = inserted == ConfigSet::Result::kFull;
  UndoTo(frame);
  return false;
}

// False when the last configuration has no child left.
bool Search::EnterNextChild() {
  for (uint32_t op = NextCandidate(&frames_.back()); op != kNone;
       op = NextCandidate(&frames_.back())) {
    if (EnterChild(op)) return true;
    if (memory_reached_) return false;
  }
  return false;
}

SearchResult Search::Run() {
  AbsorbPure();
  PushFrame(false, 0);
  while (!frames_.empty()) {
    if (first_return_ == returns_.size()) return Finish(Verdict::kOk);
    if (steps_ > limits_.steps_max) return Finish(Verdict::kUnknown);
    if (EnterNextChild()) continue;
    if (memory_reached_) return Finish(Verdict::kUnknown);
    RememberBest();
    frames_.pop_back();
    saved_bits_.resize(saved_bits_.size() - bit_words_);
    if (!frames_.empty()) UndoTo(frames_.back());
  }
  return Finish(Verdict::kViolation);
}

SearchResult Search::Finish(Verdict verdict) {
  SearchResult result;
  result.verdict = verdict;
  result.configurations = visited_.size() + 1;
  result.steps = steps_;
  result.memory_reached = memory_reached_;
  if (verdict != Verdict::kViolation) return result;
  result.prefix = best_order_;
  std::vector<bool> placed(info_.size());
  for (const uint32_t op : best_order_) placed[op] = true;
  const size_t end = info_[returns_[best_return_]].completed;
  result.stuck.push_back(returns_[best_return_]);
  for (uint32_t op = 0; op < info_.size() && info_[op].invoked < end; ++op) {
    if (!placed[op] && op != returns_[best_return_]) result.stuck.push_back(op);
  }
  return result;
}

void Search::RememberBest() {
  if (has_best_ && first_return_ <= best_return_) return;
  has_best_ = true;
  best_return_ = first_return_;
  best_order_.resize(best_shared_);
  best_order_.insert(best_order_.end(), order_.begin() + static_cast<ptrdiff_t>(best_shared_),
                     order_.end());
  best_shared_ = order_.size();
}

}  // namespace

SearchResult SearchOrder(const std::vector<const Operation*>& operations, Machine* machine,
                         const Limits& limits) {
  return Search(operations, machine, limits).Run();
}

}  // namespace quadraft::jepsen
