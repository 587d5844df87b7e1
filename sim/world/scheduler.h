// The queue of a discrete-event simulation: a 4-ary heap of (time, sequence) over a pool of slots.
// Ties run in the order in which they were added, so the order never depends on addresses or
// hashes. Steady state allocates nothing per event (small closures live inside AnyInvocable; slots
// and heap are reused).
//
//   uint64_t id = scheduler.Add(time_ns, EventKind::kTimer, owner, 0, [..] { ... });
//   scheduler.Cancel(id);
//   Scheduler::Next next;
//   while (scheduler.PopNext(&next)) scheduler.Take(next.slot)();
//
// Invariants: (1) a slot is in the heap, parked by the caller, or free; (2) a dead slot holds no
// closure; (3) ids are never reused (40 bits of sequence above 24 bits of slot).
#ifndef QUADRAFT_SIM_WORLD_SCHEDULER_H_
#define QUADRAFT_SIM_WORLD_SCHEDULER_H_

#include <cstdint>
#include <vector>

#include "core/env/executor.h"
#include "sim/world/event.h"

namespace quadraft::sim {

class Scheduler {
 public:
  static constexpr uint32_t kNoOwner = ~0u;
  static constexpr uint32_t kSlotsMax =
      1u << 24;  // Events waiting at once; more is a runaway and ends the run.

  struct Next {
    int64_t time_ns;
    uint32_t slot;
    EventKind kind;
    uint32_t owner;
    uint64_t digest;
  };

  uint64_t Add(int64_t time_ns, EventKind kind, uint32_t owner, uint64_t digest, Closure fn);

  // False when it ran, is running, or never was. The closure is destroyed.
  bool Cancel(uint64_t id);

  // Takes the next live event out of the heap; its slot stays the caller's until Take or Requeue.
  // False: none.
  bool PopNext(Next* next);
  // The time of the next live event; false: none.
  bool PeekTime(int64_t* time_ns);
  Closure Take(uint32_t slot);                   // Frees the slot.
  void Requeue(uint32_t slot, int64_t time_ns);  // Behind what is already there for that time.
  bool IsLive(uint32_t slot) const { return slots_[slot].live; }
  uint64_t id_of(uint32_t slot) const { return slots_[slot].id; }

  // Kills every event of `owner` and hands over their closures, in slot order, to be destroyed when
  // the caller is ready.
  std::vector<Closure> KillOwned(uint32_t owner);

  // Asks for a new time for each waiting event of that owner and kind: new_time(time_ns), in an
  // order that stays the same until the queue changes.
  template <typename Fn>
  void MoveOwned(uint32_t owner, EventKind kind, Fn&& new_time) {
    bool moved = false;
    for (Entry& entry : heap_) {
      const Slot& slot = slots_[entry.slot];
      if (!slot.live || slot.owner != owner || slot.kind != kind) continue;
      const int64_t time_ns = new_time(entry.time_ns);
      moved = moved || time_ns != entry.time_ns;
      entry.time_ns = time_ns;
    }
    if (moved) Rebuild();
  }

  size_t size() const { return heap_.size() - dead_in_heap_; }

 private:
  struct Entry {
    int64_t time_ns;
    uint64_t order;
    uint32_t slot;
  };
  struct Slot {
    Closure fn;
    uint64_t id = 0;
    uint64_t digest = 0;
    uint32_t owner = kNoOwner;
    EventKind kind = EventKind::kWorld;
    bool live = false;
    bool in_heap = false;
  };
  static bool Before(const Entry& a, const Entry& b) {
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.order < b.order;
  }
  void Push(Entry entry);
  void PopFront();
  void SiftDown(size_t hole, Entry entry);
  void Free(uint32_t slot);
  void Rebuild();   // Makes a heap of the entries again.
  void DropDead();  // Rebuilds the heap without cancelled entries when they are most of it.

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  uint64_t next_order_ = 1;
  size_t dead_in_heap_ = 0;
};

}  // namespace quadraft::sim

#endif  // QUADRAFT_SIM_WORLD_SCHEDULER_H_
