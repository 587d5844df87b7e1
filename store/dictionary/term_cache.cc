#include "store/dictionary/term_cache.h"

#include <algorithm>
#include <bit>

#include "core/base/sim_points.h"

namespace quadraft::store {

TermCache::TermCache(size_t slots)
    : mask_(std::bit_ceil(std::max<size_t>(slots / kWays, 1)) - 1),
      by_term_(mask_ + 1),
      by_id_(mask_ + 1) {}

void TermCache::Use(Set& set, size_t way) {
  std::rotate(set.begin(), set.begin() + static_cast<ptrdiff_t>(way),
              set.begin() + static_cast<ptrdiff_t>(way) + 1);
}

std::optional<TermId> TermCache::Find(const Hash128& fingerprint, std::string_view bytes) {
  std::lock_guard lock(mutex_);
  Set* const set = by_term_.Find(AtTerm(fingerprint));
  if (set == nullptr) return std::nullopt;
  for (size_t way = 0; way < kWays; ++way) {
    if ((*set)[way].id == TermId() || (*set)[way].bytes != bytes) continue;
    const TermId id = (*set)[way].id;
    if (way > 0) Use(*set, way);
    return id;
  }
  return std::nullopt;
}

bool TermCache::Lookup(TermId id, std::string* bytes) {
  if (SIM_MAYBE("term-cache-miss")) return false;
  std::lock_guard lock(mutex_);
  Set* const set = by_id_.Find(AtId(id));
  if (set == nullptr) return false;
  for (size_t way = 0; way < kWays; ++way) {
    if ((*set)[way].id != id) continue;
    *bytes = (*set)[way].bytes;
    if (way > 0) Use(*set, way);
    return true;
  }
  return false;
}

void TermCache::Insert(const Hash128& fingerprint, std::string_view bytes, TermId id) {
  if (bytes.size() > kCachedTermBytesMax) return;
  std::lock_guard lock(mutex_);
  for (Set* set : {&by_term_.Make(AtTerm(fingerprint)), &by_id_.Make(AtId(id))}) {
    if (std::any_of(set->begin(), set->end(), [id](const Slot& slot) { return slot.id == id; }))
      continue;
    set->back().id = id;
    set->back().bytes.assign(bytes);
    Use(*set, kWays - 1);
  }
}

}  // namespace quadraft::store
