#include "jepsen/linear/search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "jepsen/linear/op_list.h"

namespace quadraft::jepsen {
namespace {

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
  enum class Stage : uint8_t { kHide, kFirstReturn, kDefinite, kOpen };
  // Who holds a slot, and of which words: exact ones are part of the key.
  enum class Group : uint8_t { kExact, kSoft, kOpen };

  // A configuration under exploration: what it is, and which of its children come next.
  struct Frame {
    uint32_t order_size;
    uint32_t first_return;
    uint32_t state;
    Stage stage = Stage::kHide;
    uint32_t cursor = kNoOp;   // The next operation to try, in the stages that walk a list.
    bool must_matter = false;  // Fact 4: an operation that need not be placed led here from
                               // `state_before`, and nothing was gained since.
    uint32_t state_before = 0;
  };

  struct Info {
    size_t invoked = 0;
    size_t completed = Operation::kNever;
    uint32_t used_word = 0;      // Where in the record the operation's "placed" bit is.
    uint32_t relieved_word = 0;  // Of soft ones.
    uint64_t bit = 0;
    uint32_t twin = kNoOp;  // Of its class: the last one that must be placed before it (fact 2).
    uint32_t effect = Machine::kImpossible;  // Of a blind one: the state after it.
    Group group = Group::kOpen;
    bool is_definite = false;
    bool is_pure = false;
    bool is_total = false;
    bool placed = false;
  };

  void Prepare();
  void Classify(uint32_t op);
  void AssignSlots();
  void FindTwins();

  size_t window_end() const { return info_[returns_[first_return_]].completed; }
  bool IsRelieved(const Info& info) const {
    return info.group == Group::kSoft && (record_[info.relieved_word] & info.bit) != 0;
  }
  uint32_t After(uint32_t op) {
    const Info& info = info_[op];
    return info.effect != Machine::kImpossible ? info.effect : machine_.Step(state_, op);
  }
  void Place(uint32_t op, uint32_t state);
  void Hide(uint32_t op);
  void PassReturns();
  void RelieveWindow();
  bool Settle();
  void PushFrame(bool must_matter, uint32_t state_before);
  void UndoTo(const Frame& frame);
  uint32_t NextCandidate(Frame* frame) const;
  bool EnterNextChild();
  bool EnterChild(uint32_t op);
  bool EnterHidden(uint32_t op);
  bool MustWait(const Info& info) const;
  bool IsNew();
  void RememberBest();
  SearchResult Finish(Verdict verdict);
  std::vector<uint32_t> InOrder(const std::vector<uint32_t>& order);

  const std::vector<const Operation*>& operations_;
  Machine& machine_;
  const Limits& limits_;
  OpList definite_;  // Not yet placed, in order of invoke.
  OpList open_;
  std::vector<Info> info_;
  std::vector<uint32_t> returns_;  // Definite operations in order of completion.
  RecordShape shape_;

  // The current configuration. Word 0 of the record is return and state.
  uint32_t first_return_ = 0;
  uint32_t state_ = 0;
  std::vector<uint64_t> record_;
  std::vector<uint32_t> order_;  // Operations as placed; kHiddenBit marks the hidden ones.

  std::vector<Frame> frames_;
  std::vector<uint64_t> saved_records_;  // shape_.words() per frame.
  ConfigSet visited_{RecordShape(), 0};
  uint64_t steps_ = 0;
  bool memory_reached_ = false;

  std::vector<uint32_t> best_order_;
  uint32_t best_return_ = 0;
  size_t best_shared_ = 0;  // best_order_ and order_ agree up to here.
  bool has_best_ = false;
  std::vector<uint32_t> best_states_;
  bool more_states_ = false;
};

void Search::Prepare() {
  for (uint32_t op = 0; op < operations_.size(); ++op) Classify(op);
  std::sort(returns_.begin(), returns_.end(),
            [this](uint32_t a, uint32_t b) { return info_[a].completed < info_[b].completed; });
  AssignSlots();
  FindTwins();
  state_ = machine_.initial();
}

void Search::Classify(uint32_t op) {
  const Operation& operation = *operations_[op];
  Info& info = info_[op];
  info.invoked = operation.invoked;
  info.is_definite = operation.outcome == EventType::kOk;
  info.is_pure = machine_.IsPure(op);
  info.is_total = !info.is_pure && machine_.IsTotal(op);
  if (info.is_total && machine_.IsBlind(op)) info.effect = machine_.Step(machine_.initial(), op);
  if (!info.is_definite) {
    open_.PushBack(op);
    return;
  }
  info.group = info.is_pure || info.is_total ? Group::kSoft : Group::kExact;
  info.completed = operation.completed;
  returns_.push_back(op);
  definite_.PushBack(op);
}

// A definite operation holds a slot of its group from invoke to return, an open one for ever. So at
// a given return every operation that may be placed has a slot of its own, and the bits say exactly
// which of them are.
void Search::AssignSlots() {
  std::vector<uint32_t> slots(info_.size());
  std::vector<uint32_t> free[3];
  uint32_t count[3] = {0, 0, 0};
  size_t next_return = 0;
  for (size_t op = 0; op < info_.size(); ++op) {
    const Info& info = info_[op];
    while (next_return < returns_.size() && info_[returns_[next_return]].completed < info.invoked) {
      const uint32_t done = returns_[next_return++];
      free[static_cast<size_t>(info_[done].group)].push_back(slots[done]);
    }
    auto& available = free[static_cast<size_t>(info.group)];
    if (available.empty()) {
      slots[op] = count[static_cast<size_t>(info.group)]++;
    } else {
      slots[op] = available.back();
      available.pop_back();
    }
  }
  const auto words = [&count](Group group) {
    return (count[static_cast<size_t>(group)] + 63) / 64;
  };
  shape_.key = 1 + words(Group::kExact);
  shape_.definite = words(Group::kSoft);
  shape_.open = words(Group::kOpen);
  const size_t starts[3] = {1, shape_.used_at(), shape_.used_at() + shape_.definite};
  for (size_t op = 0; op < info_.size(); ++op) {
    Info& info = info_[op];
    info.bit = uint64_t{1} << (slots[op] % 64);
    info.used_word =
        static_cast<uint32_t>(starts[static_cast<size_t>(info.group)] + slots[op] / 64);
    info.relieved_word = static_cast<uint32_t>(shape_.relieved_at() + slots[op] / 64);
  }
  record_.assign(shape_.words(), 0);
  visited_ = ConfigSet(shape_, limits_.memory_bytes_max);
}

// Fact 2. The last twin of a definite operation may have returned already: then it was placed.
void Search::FindTwins() {
  absl::flat_hash_map<uint64_t, uint32_t> last;  // Never iterated.
  for (uint32_t op = open_.First(); op != kNoOp; op = open_.Next(op)) {
    const auto [found, is_new] = last.try_emplace(machine_.Class(op), op);
    if (!is_new) info_[op].twin = std::exchange(found->second, op);
  }
  last.clear();
  for (const uint32_t op : returns_) {
    if (info_[op].is_pure) continue;
    const auto [found, is_new] = last.try_emplace(machine_.Class(op), op);
    if (!is_new) info_[op].twin = std::exchange(found->second, op);
  }
}

void Search::PassReturns() {
  while (first_return_ < returns_.size() && info_[returns_[first_return_]].placed) {
    const Info& info = info_[returns_[first_return_++]];
    record_[info.used_word] &= ~info.bit;
    if (info.group == Group::kSoft) record_[info.relieved_word] &= ~info.bit;
  }
}

void Search::Place(uint32_t op, uint32_t state) {
  Info& info = info_[op];
  info.placed = true;
  order_.push_back(op);
  (info.is_definite ? definite_ : open_).Remove(op);
  state_ = state;
  if (info.is_pure) {
    record_[info.relieved_word] |= info.bit;
  } else {
    // What is blind by its own duty only: an open one that relieved others would escape fact 4.
    if (info.is_definite && info.effect != Machine::kImpossible) RelieveWindow();
    record_[info.used_word] |= info.bit;
    if (info.group == Group::kSoft) record_[info.relieved_word] &= ~info.bit;
  }
  PassReturns();
}

// Needs: `op` is the next to return, and relieved.
void Search::Hide(uint32_t op) {
  info_[op].placed = true;
  order_.push_back(op | kHiddenBit);
  definite_.Remove(op);
  PassReturns();
}

// Fact 5, of a blind operation that was just placed.
void Search::RelieveWindow() {
  const size_t end = window_end();
  for (uint32_t op = definite_.First(); op != kNoOp && info_[op].invoked < end;
       op = definite_.Next(op)) {
    if (info_[op].is_total) record_[info_[op].relieved_word] |= info_[op].bit;
  }
}

// Facts 1 and 5. One pass is enough: the state does not change, and the window only grows at its
// end. True when anything was gained.
bool Search::Settle() {
  bool gained = false;
  uint32_t op = definite_.First();
  while (op != kNoOp && first_return_ < returns_.size() && info_[op].invoked < window_end()) {
    const uint32_t next = definite_.Next(op);
    const Info& info = info_[op];
    if (info.is_pure) {
      ++steps_;
      if (machine_.Step(state_, op) == state_) {
        Place(op, state_);
        gained = true;
      }
    } else if (info.effect == state_ && !IsRelieved(info)) {
      record_[info.relieved_word] |= info.bit;
      gained = true;
    }
    op = next;
  }
  return gained;
}

void Search::UndoTo(const Frame& frame) {
  while (order_.size() > frame.order_size) {
    const uint32_t op = order_.back() & ~kHiddenBit;
    order_.pop_back();
    info_[op].placed = false;
    (info_[op].is_definite ? definite_ : open_).Restore(op);
  }
  best_shared_ = std::min(best_shared_, order_.size());
  first_return_ = frame.first_return;
  state_ = frame.state;
  std::copy(saved_records_.end() - static_cast<ptrdiff_t>(shape_.words()), saved_records_.end(),
            record_.begin());
}

void Search::PushFrame(bool must_matter, uint32_t state_before) {
  frames_.push_back({.order_size = static_cast<uint32_t>(order_.size()),
                     .first_return = first_return_,
                     .state = state_,
                     .must_matter = must_matter,
                     .state_before = state_before});
  saved_records_.insert(saved_records_.end(), record_.begin(), record_.end());
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
    if (op != kNoOp && info_[op].invoked < end) {
      frame->cursor = definite_.Next(op);
      return op;
    }
    frame->stage = Stage::kOpen;
    frame->cursor = open_.First();
  }
  const uint32_t op = frame->cursor;
  if (op == kNoOp || info_[op].invoked > end) return kNoOp;
  frame->cursor = open_.Next(op);
  return op;
}

// Fact 2: another one of its class goes first. A relieved twin need not be placed at all, so it
// yields to one that must.
bool Search::MustWait(const Info& info) const {
  if (info.twin == kNoOp) return false;
  const Info& twin = info_[info.twin];
  if (twin.placed) return false;
  if (!info.is_definite) return true;
  return twin.invoked < window_end() && (IsRelieved(info) || !IsRelieved(twin));
}

bool Search::IsNew() {
  record_[0] = ((uint64_t{first_return_} + 1) << 32) | state_;
  const ConfigSet::Result inserted = visited_.Insert(record_.data());
  memory_reached_ = inserted == ConfigSet::Result::kFull;
  return inserted == ConfigSet::Result::kNew;
}

// Places `op` if it may stand here and leads to a configuration not yet visited.
bool Search::EnterChild(uint32_t op) {
  const Frame& frame = frames_.back();
  const Info& info = info_[op];
  // A pure operation that fitted would have been placed by Settle.
  if (info.is_pure || MustWait(info)) return false;
  ++steps_;
  const uint32_t before = frame.state;
  const uint32_t after = After(op);
  const bool is_optional = !info.is_definite || IsRelieved(info);
  if (after == Machine::kImpossible || (is_optional && after == before)) return false;
  if (frame.must_matter &&
      (info.effect != Machine::kImpossible || machine_.Step(frame.state_before, op) == after)) {
    return false;
  }
  const uint64_t compared = visited_.compared();
  Place(op, after);
  const bool gained = Settle() || (info.is_definite && info.effect != Machine::kImpossible);
  const bool is_new = IsNew();
  steps_ += (visited_.compared() - compared) / 4;
  if (is_new) {
    PushFrame(is_optional && !gained, before);
    return true;
  }
  UndoTo(frame);
  return false;
}

bool Search::EnterHidden(uint32_t op) {
  if (!IsRelieved(info_[op])) return false;
  ++steps_;
  const Frame frame = frames_.back();
  Hide(op);
  Settle();
  if (IsNew()) {
    PushFrame(false, 0);
    return true;
  }
  UndoTo(frame);
  return false;
}

// False when the last configuration has no child left.
bool Search::EnterNextChild() {
  if (frames_.back().stage == Stage::kHide) {
    frames_.back().stage = Stage::kFirstReturn;
    if (EnterHidden(returns_[first_return_])) return true;
    if (memory_reached_) return false;
  }
  for (uint32_t op = NextCandidate(&frames_.back()); op != kNoOp;
       op = NextCandidate(&frames_.back())) {
    if (EnterChild(op)) return true;
    if (memory_reached_) return false;
  }
  return false;
}

SearchResult Search::Run() {
  Settle();
  PushFrame(false, 0);
  while (!frames_.empty()) {
    if (first_return_ == returns_.size()) return Finish(Verdict::kOk);
    if (steps_ > limits_.steps_max) return Finish(Verdict::kUnknown);
    if (EnterNextChild()) continue;
    if (memory_reached_) return Finish(Verdict::kUnknown);
    RememberBest();
    frames_.pop_back();
    saved_records_.resize(saved_records_.size() - shape_.words());
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
  if (verdict == Verdict::kOk) result.order = InOrder(order_);
  if (verdict != Verdict::kViolation) return result;
  result.order = InOrder(best_order_);
  result.states = best_states_;
  result.more_states = more_states_;
  std::vector<bool> placed(info_.size());
  for (const uint32_t op : result.order) placed[op] = true;
  const size_t end = info_[returns_[best_return_]].completed;
  result.stuck.push_back(returns_[best_return_]);
  for (uint32_t op = 0; op < info_.size() && info_[op].invoked < end; ++op) {
    if (!placed[op] && op != returns_[best_return_]) result.stuck.push_back(op);
  }
  return result;
}

void Search::RememberBest() {
  if (has_best_ && first_return_ < best_return_) return;
  if (!has_best_ || first_return_ > best_return_) {
    has_best_ = true;
    best_return_ = first_return_;
    best_order_.resize(best_shared_);
    best_order_.insert(best_order_.end(), order_.begin() + static_cast<ptrdiff_t>(best_shared_),
                       order_.end());
    best_shared_ = order_.size();
    best_states_.clear();
    more_states_ = false;
  }
  if (std::find(best_states_.begin(), best_states_.end(), state_) != best_states_.end()) return;
  if (best_states_.size() == kStatesMax) {
    more_states_ = true;
  } else {
    best_states_.push_back(state_);
  }
}

// Puts each hidden operation where it could stand unseen: as late as real time allows, right before
// a blind one or in the state that it leaves anyway. (Settle and RelieveWindow saw such a place.)
std::vector<uint32_t> Search::InOrder(const std::vector<uint32_t>& order) {
  std::vector<uint32_t> visible;
  std::vector<uint32_t> states = {machine_.initial()};  // Before each of the visible ones.
  std::vector<std::pair<size_t, uint32_t>> hidden;      // Place among the visible ones, operation.
  for (const uint32_t entry : order) {
    if ((entry & kHiddenBit) != 0) {
      hidden.emplace_back(visible.size(), entry & ~kHiddenBit);
    } else {
      visible.push_back(entry);
      states.push_back(machine_.Step(states.back(), entry));
    }
  }
  if (hidden.empty()) return visible;
  for (auto& [place, op] : hidden) {
    const auto fits = [&, op = op](size_t at) {  // Named: clang 14 captures no binding.
      if (states[at] == info_[op].effect) return true;
      return at < visible.size() && info_[visible[at]].effect != Machine::kImpossible;
    };
    while (place > 0 && !fits(place)) --place;
  }
  std::stable_sort(hidden.begin(), hidden.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<uint32_t> whole;
  size_t next = 0;
  for (size_t i = 0; i <= visible.size(); ++i) {
    while (next < hidden.size() && hidden[next].first == i) whole.push_back(hidden[next++].second);
    if (i < visible.size()) whole.push_back(visible[i]);
  }
  return whole;
}

}  // namespace

SearchResult SearchOrder(const std::vector<const Operation*>& operations, Machine* machine,
                         const Limits& limits) {
  return Search(operations, machine, limits).Run();
}

}  // namespace quadraft::jepsen
