#include "sim/world/scheduler.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace quadraft::sim {
namespace {

constexpr uint64_t kSlotMask = Scheduler::kSlotsMax - 1;
constexpr int kSlotBits = 24;
constexpr size_t kDeadEntriesMin = 1024;

}  // namespace

uint64_t Scheduler::Add(int64_t time_ns, EventKind kind, uint32_t owner, uint64_t digest,
                        Closure fn) {
  uint32_t slot;
  if (free_.empty()) {
    QR_CHECK(slots_.size() < kSlotsMax) << "too many events are waiting";
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const uint64_t order = next_order_++;
  Slot& s = slots_[slot];
  s.fn = std::move(fn);
  s.id = order << kSlotBits | slot;
  s.digest = digest;
  s.owner = owner;
  s.kind = kind;
  s.live = true;
  s.in_heap = true;
  Push({time_ns, order, slot});
  return s.id;
}

bool Scheduler::Cancel(uint64_t id) {
  const uint32_t slot = static_cast<uint32_t>(id & kSlotMask);
  if (slot >= slots_.size() || slots_[slot].id != id || !slots_[slot].live) return false;
  Slot& s = slots_[slot];
  s.live = false;
  Closure dying = std::move(s.fn);  // May call back into us when it is destroyed.
  s.fn = nullptr;
  if (s.in_heap) {
    ++dead_in_heap_;
    if (dead_in_heap_ > kDeadEntriesMin && dead_in_heap_ * 2 > heap_.size()) DropDead();
  }
  return true;
}

bool Scheduler::PeekTime(int64_t* time_ns) {
  while (!heap_.empty() && !slots_[heap_[0].slot].live) {
    const uint32_t slot = heap_[0].slot;
    PopFront();
    --dead_in_heap_;
    Free(slot);
  }
  if (heap_.empty()) return false;
  *time_ns = heap_[0].time_ns;
  return true;
}

bool Scheduler::PopNext(Next* next) {
  int64_t time_ns;
  if (!PeekTime(&time_ns)) return false;
  const uint32_t slot = heap_[0].slot;
  PopFront();
  Slot& s = slots_[slot];
  s.in_heap = false;
  *next = {time_ns, slot, s.kind, s.owner, s.digest};
  return true;
}

Closure Scheduler::Take(uint32_t slot) {
  Closure fn = std::move(slots_[slot].fn);
  slots_[slot].fn = nullptr;
  slots_[slot].live = false;
  Free(slot);
  return fn;
}

void Scheduler::Requeue(uint32_t slot, int64_t time_ns) {
  if (!slots_[slot].live) {  // Cancelled while the caller held it.
    Free(slot);
    return;
  }
  slots_[slot].in_heap = true;
  Push({time_ns, next_order_++, slot});
}

std::vector<Closure> Scheduler::KillOwned(uint32_t owner) {
  std::vector<Closure> closures;
  for (Slot& s : slots_) {
    if (!s.live || s.owner != owner) continue;
    s.live = false;
    if (s.in_heap) ++dead_in_heap_;
    closures.push_back(std::move(s.fn));
    s.fn = nullptr;
  }
  return closures;
}

void Scheduler::Free(uint32_t slot) {
  slots_[slot].id = 0;
  slots_[slot].in_heap = false;
  free_.push_back(slot);
}

void Scheduler::Push(Entry entry) {
  heap_.push_back(entry);
  size_t hole = heap_.size() - 1;
  while (hole > 0) {
    const size_t parent = (hole - 1) / 4;
    if (!Before(entry, heap_[parent])) break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = entry;
}

void Scheduler::SiftDown(size_t hole, Entry entry) {
  const size_t size = heap_.size();
  while (true) {
    const size_t first = hole * 4 + 1;
    if (first >= size) break;
    size_t best = first;
    const size_t end = std::min(first + 4, size);
    for (size_t child = first + 1; child < end; ++child) {
      if (Before(heap_[child], heap_[best])) best = child;
    }
    if (!Before(heap_[best], entry)) break;
    heap_[hole] = heap_[best];
    hole = best;
  }
  heap_[hole] = entry;
}

void Scheduler::PopFront() {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) SiftDown(0, last);
}

void Scheduler::DropDead() {
  size_t kept = 0;
  for (const Entry& entry : heap_) {
    if (slots_[entry.slot].live) {
      heap_[kept++] = entry;
    } else {
      Free(entry.slot);
    }
  }
  heap_.resize(kept);
  dead_in_heap_ = 0;
  Rebuild();
}

void Scheduler::Rebuild() {
  if (heap_.size() < 2) return;
  for (size_t i = (heap_.size() - 2) / 4 + 1; i-- > 0;) SiftDown(i, heap_[i]);
}

}  // namespace quadraft::sim
