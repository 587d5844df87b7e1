// Things of one query by term id: direct-mapped, with few slots at first and more once there were
// as many misses as slots, so that a query which looks at a handful of terms does not pay for
// clearing room for thousands.
//
//   IdCache<rdf::Term> cache(/*slots_max=*/1u << 13);
//   if (rdf::Term* known = cache.Find(id)) ...
//   rdf::Term& slot = cache.Put(id);       // Of `id` from now on; fill it before the next call.
//
// References are good until the next Put.
#ifndef QUADRAFT_SPARQL_EXEC_ID_CACHE_H_
#define QUADRAFT_SPARQL_EXEC_ID_CACHE_H_

#include <utility>
#include <vector>

#include "core/base/ids.h"

namespace quadraft::sparql {

template <typename T>
class IdCache {
 public:
  // A power of two.
  explicit IdCache(size_t slots_max) : slots_max_(slots_max) {}

  T* Find(TermId id) {
    if (slots_.empty()) return nullptr;
    Slot& slot = At(id);
    return slot.id == id ? &slot.value : nullptr;
  }

  T& Put(TermId id) {
    if (slots_.empty()) slots_.resize(kSlotsMin);
    if (++misses_ > slots_.size() && slots_.size() < slots_max_) Grow();
    Slot& slot = At(id);
    slot.id = id;
    return slot.value;
  }

 private:
  static constexpr size_t kSlotsMin = 32;
  static constexpr size_t kGrowth = 4;
  struct Slot {
    TermId id;  // Zero: empty.
    T value;
  };

  Slot& At(TermId id) {
    return slots_[((id.value() * 0x9e3779b97f4a7c15u) >> 32) & (slots_.size() - 1)];
  }
  void Grow() {
    std::vector<Slot> old(slots_.size() * kGrowth);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.id != TermId()) At(slot.id) = std::move(slot);
    }
    misses_ = 0;
  }

  const size_t slots_max_;
  size_t misses_ = 0;  // Since the last growth.
  std::vector<Slot> slots_;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_ID_CACHE_H_
