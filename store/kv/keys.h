// Every kind of key in the node's key-value store, one place. The first byte is the kind. Drawn in
// store/FORMAT.md.
//
//   'd' fingerprint (16)                          -> ids (8 each)          dictionary: term -> id
//   'g' group (8)                                 -> state of the group    store/state
//   'h' space (4) index (8) ids (32)              -> empty                 quads removed at that
//   index: versions to drop 'm'                                           -> next space (4) 'n' ->
//   next sequence (8, little-endian) 'q' space (4) permutation (1) ids (32)        -> versions
//   store/index 't' sequence (8)                              -> encoded term          dictionary:
//   id -> term 'x' group (8) space (4)                       -> not read              a space that
//   is being filled or emptied
//
// Numbers in keys are big-endian, so that byte order is numeric order. A space is one generation of
// one group's quads: a snapshot is staged in a new one and becomes the group's state by one write.
#ifndef QUADRAFT_STORE_KV_KEYS_H_
#define QUADRAFT_STORE_KV_KEYS_H_

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/ids.h"

namespace quadraft::store {

inline constexpr char kFingerprintKind = 'd';
inline constexpr char kGroupKind = 'g';
inline constexpr char kHistoryKind = 'h';
inline constexpr char kNextSpaceKind = 'm';
inline constexpr char kNextTermKind = 'n';
inline constexpr char kQuadKind = 'q';
inline constexpr char kTermKind = 't';
inline constexpr char kOldSpaceKind = 'x';

using SpaceId = uint32_t;  // From 1.

inline void PutBigEndian32(std::string* out, uint32_t value) {
  PutFixed<uint32_t>(out, __builtin_bswap32(value));
}
inline uint32_t LoadBigEndian32(const char* bytes) {
  return __builtin_bswap32(LoadFixed<uint32_t>(bytes));
}

inline std::string FingerprintKey(const Hash128& fingerprint) {
  std::string key(1, kFingerprintKind);
  PutBigEndian64(&key, fingerprint.high);
  PutBigEndian64(&key, fingerprint.low);
  return key;
}
inline std::string TermKey(uint64_t sequence) {
  std::string key(1, kTermKind);
  PutBigEndian64(&key, sequence);
  return key;
}
inline std::string NextTermKey() { return std::string(1, kNextTermKind); }
inline std::string NextSpaceKey() { return std::string(1, kNextSpaceKind); }
inline std::string GroupKey(GroupId group) {
  std::string key(1, kGroupKind);
  PutBigEndian64(&key, group.value());
  return key;
}
inline std::string OldSpacePrefix(GroupId group) {
  std::string key(1, kOldSpaceKind);
  PutBigEndian64(&key, group.value());
  return key;
}
inline std::string OldSpaceKey(GroupId group, SpaceId space) {
  std::string key = OldSpacePrefix(group);
  PutBigEndian32(&key, space);
  return key;
}
// All keys of one kind within a space begin with this.
inline std::string SpacePrefix(char kind, SpaceId space) {
  std::string key(1, kind);
  PutBigEndian32(&key, space);
  return key;
}

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_KV_KEYS_H_
