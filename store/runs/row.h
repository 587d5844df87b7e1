// A row of the index: one quad, in the order of a permutation's columns, and one moment at which it
// came or went.
//
// A quad's moments alternate, so they are toggles: it is there at T when the number of its rows with
// a timestamp of at most T is odd, whichever runs they lie in. Runs can therefore be merged in any
// order and any company.
#ifndef QUADRAFT_STORE_RUNS_ROW_H_
#define QUADRAFT_STORE_RUNS_ROW_H_

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/base/ids.h"
#include "store/read/read_view.h"

namespace quadraft::store {

using IdQuad = std::array<TermId, 4>;     // By Position: subject, predicate, object, graph.
using KeyIds = std::array<uint64_t, 4>;   // In the order of a permutation's columns.
using KeyPrefix = absl::InlinedVector<uint64_t, 4>;  // The first of these, at most four.

struct Row {
  KeyIds ids;
  uint64_t at;  // Timestamp.
  friend auto operator<=>(const Row&, const Row&) = default;
};

inline KeyIds KeyOf(const IdQuad& quad, Permutation permutation) {
  const auto columns = PermutationColumns(permutation);
  KeyIds key;
  for (size_t i = 0; i < 4; ++i) key[i] = quad[static_cast<size_t>(columns[i])].value();
  return key;
}
inline IdQuad QuadOf(const KeyIds& key, Permutation permutation) {
  const auto columns = PermutationColumns(permutation);
  IdQuad quad;
  for (size_t i = 0; i < 4; ++i) quad[static_cast<size_t>(columns[i])] = TermId(key[i]);
  return quad;
}

// How the first ids of a row compare with a prefix: 0 when they are equal.
inline int CompareToPrefix(const KeyIds& ids, std::span<const uint64_t> prefix) {
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (ids[i] != prefix[i]) return ids[i] < prefix[i] ? -1 : 1;
  }
  return 0;
}

// Of one quad's toggles, ascending, what reads at `horizon` or later need: those after it, and one
// for all up to it when these leave the quad there.
inline void DropToggles(std::vector<uint64_t>* toggles, uint64_t horizon) {
  size_t old = 0;
  while (old < toggles->size() && (*toggles)[old] <= horizon) ++old;
  const size_t kept = old % 2;
  toggles->erase(toggles->begin(), toggles->begin() + static_cast<std::ptrdiff_t>(old - kept));
}

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_RUNS_ROW_H_
