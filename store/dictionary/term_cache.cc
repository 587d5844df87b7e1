#include "store/dictionary/term_cache.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/sim_points.h"

namespace quadraft::store {

TermCache::TermCache(size_t slots) : by_term_(slots / kWays), by_id_(slots / kWays) {}

TermCache::Table::Table(size_t sets_max)
    : sets_max_(std::bit_ceil(std::max<size_t>(sets_max, 1))),
      sets_(std::min(sets_max_, kFirstSets)) {}

void TermCache::Table::Insert(uint64_t hash, std::string_view bytes, TermId id) {
  // One slot in four: sets overflow long before a table is full.
  if (used_ > sets_.size() && sets_.size() < sets_max_) Grow();
  Set& set = At(hash);
  if (std::any_of(set.begin(), set.end(), [id](const Slot& slot) { return slot.id == id; })) return;
  Slot& last = set.back();
  used_ += last.id == TermId();
  last.id = id;
  last.hash = hash;
  last.bytes.assign(bytes);
  Use(set, kWays - 1);
}

// Each set is divided between two, and no order changes.
void TermCache::Table::Grow() {
  std::vector<Set> old(sets_.size() * 2);
  old.swap(sets_);
  for (Set& from : old) {
    for (Slot& slot : from) {
      if (slot.id == TermId()) break;
      Set& to = At(slot.hash);
      *std::find_if(to.begin(), to.end(), [](const Slot& free) { return free.id == TermId(); }) =
          std::move(slot);
    }
  }
}

void TermCache::Use(Set& set, size_t way) {
  std::rotate(set.begin(), set.begin() + static_cast<ptrdiff_t>(way),
              set.begin() + static_cast<ptrdiff_t>(way) + 1);
}

std::optional<TermId> TermCache::Find(const Hash128& fingerprint, std::string_view bytes) {
  std::lock_guard lock(mutex_);
  Set& set = by_term_.At(fingerprint.high);
  for (size_t way = 0; way < kWays && set[way].id != TermId(); ++way) {
    if (set[way].hash != fingerprint.high || set[way].bytes != bytes) continue;
    const TermId id = set[way].id;
    if (way > 0) Use(set, way);
    return id;
  }
  return std::nullopt;
}

bool TermCache::Lookup(TermId id, std::string* bytes) {
  if (SIM_MAYBE("term-cache-miss")) return false;
  std::lock_guard lock(mutex_);
  Set& set = by_id_.At(HashOf(id));
  for (size_t way = 0; way < kWays && set[way].id != TermId(); ++way) {
    if (set[way].id != id) continue;
    *bytes = set[way].bytes;
    if (way > 0) Use(set, way);
    return true;
  }
  return false;
}

void TermCache::Insert(const Hash128& fingerprint, std::string_view bytes, TermId id) {
  if (bytes.size() > kCachedTermBytesMax) return;
  std::lock_guard lock(mutex_);
  by_term_.Insert(fingerprint.high, bytes, id);
  by_id_.Insert(HashOf(id), bytes, id);
}

}  // namespace quadraft::store
