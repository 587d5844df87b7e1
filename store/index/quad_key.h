// The index's keys and values: one key per quad and permutation, and under it the quad's versions.
//
// Value: the commit timestamps at which the quad came and went, newest first, as varints: the
// newest itself, then each distance to the next older one. Comings and goings alternate and the
// oldest is a coming, so an odd number of timestamps means that the quad is there now. Nearly every
// quad has one timestamp: a few bytes.
#ifndef QUADRAFT_STORE_INDEX_QUAD_KEY_H_
#define QUADRAFT_STORE_INDEX_QUAD_KEY_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "store/kv/keys.h"
#include "store/read/read_view.h"

namespace quadraft::store {

using IdQuad = std::array<TermId, 4>;  // By Position: subject, predicate, object, graph.

inline constexpr size_t kQuadPrefixBytes = 6;  // Kind, space, permutation.
inline constexpr size_t kQuadKeyBytes = kQuadPrefixBytes + 4 * sizeof(uint64_t);

std::string PermutationPrefix(SpaceId space, Permutation permutation);
// Writes the key into `key`, replacing it.
void SetQuadKey(std::string* key, SpaceId space, Permutation permutation, const IdQuad& quad);
// The quad of a key of `permutation`; the key must have kQuadKeyBytes.
IdQuad QuadOfKey(std::string_view key, Permutation permutation);
// The smallest key above every key that begins with `prefix`.
std::string PrefixEnd(std::string prefix);

// Versions. `value` empty: the quad never was.
bool IsThere(std::string_view value);                   // Now.
bool WasThereAt(std::string_view value, Timestamp at);  // At a timestamp.
std::string AddVersion(std::string_view value,
                       Timestamp at);  // It came or went at `at`, later than all before.
// Without what no read at `horizon` or later needs; empty: nothing is left to keep.
std::string DropVersions(std::string_view value, Timestamp horizon);
StatusOr<std::vector<Timestamp>> DecodeVersions(
    std::string_view value);  // Newest first; DataLoss when malformed.

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_INDEX_QUAD_KEY_H_
