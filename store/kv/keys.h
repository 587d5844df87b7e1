// Every kind of key in the node's key-value store, one place. The first byte is the kind. Drawn in
// store/FORMAT.md.
//
//   'b' space (4) run (4) permutation (1) block (4)  -> a block of rows       store/runs/block.h
//   'd' fingerprint (16)                             -> ids (8 each)          of before runs of fingerprints
//   'e' block (8)                                    -> a block of terms      dictionary: id to term
//   'f' space (4) run (4)                            -> filter                of a run's quads
//   'g' group (8)                                    -> state of the group    store/state
//   'i' space (4) run (4) permutation (1)            -> fences                first ids of each block
//   'm'                                              -> next space (4)
//   'n'                                              -> next sequence, first in blocks (8 each, little-endian)
//   's' space (4) number (8)                         -> a client's session    core/txn/session_table.h
//   't' sequence (8)                                 -> encoded term          of before blocks of terms
//   'u' space (4) run (4)                            -> a run                 store/runs/run.h
//   'x' group (8) space (4)                          -> not read              a space that is being
//                                                                             filled or emptied
//   'y' group (8) space (4) run (4)                  -> not read              a run that is being
//                                                                             written or emptied
// and of formats before runs, which are still read: 'q' (a quad in one permutation) and 'h' (removals).
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

inline constexpr char kBlockKind = 'b';
inline constexpr char kFingerprintKind = 'd';
inline constexpr char kTermBlockKind = 'e';
inline constexpr char kFilterKind = 'f';
inline constexpr char kGroupKind = 'g';
inline constexpr char kHistoryKind = 'h';
inline constexpr char kFencesKind = 'i';
inline constexpr char kNextSpaceKind = 'm';
inline constexpr char kNextTermKind = 'n';
inline constexpr char kQuadKind = 'q';
inline constexpr char kSessionKind = 's';
inline constexpr char kTermKind = 't';
inline constexpr char kRunKind = 'u';
inline constexpr char kOldSpaceKind = 'x';
inline constexpr char kOldRunKind = 'y';

using SpaceId = uint32_t;  // From 1; 0 is the dictionary's.
inline constexpr SpaceId kDictionarySpace = 0;
inline constexpr GroupId kDictionaryGroup{0};  // Of its markers: no group has this number.
using RunId = uint32_t;    // Within a space, from 1.

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
inline std::string TermBlockKey(uint64_t block) {
  std::string key(1, kTermBlockKind);
  PutBigEndian64(&key, block);
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
// All keys of one kind within a run begin with this.
inline std::string RunPrefix(char kind, SpaceId space, RunId run) {
  std::string key = SpacePrefix(kind, space);
  PutBigEndian32(&key, run);
  return key;
}
inline std::string RunKey(SpaceId space, RunId run) { return RunPrefix(kRunKind, space, run); }
inline std::string FilterKey(SpaceId space, RunId run) { return RunPrefix(kFilterKind, space, run); }
inline std::string FencesKey(SpaceId space, RunId run, int permutation) {
  return RunPrefix(kFencesKind, space, run) + static_cast<char>(permutation);
}
inline std::string BlockKey(SpaceId space, RunId run, int permutation, uint32_t block) {
  std::string key = RunPrefix(kBlockKind, space, run) + static_cast<char>(permutation);
  PutBigEndian32(&key, block);
  return key;
}
inline std::string SessionKey(SpaceId space, LogIndex number) {
  std::string key = SpacePrefix(kSessionKind, space);
  PutBigEndian64(&key, number.value());
  return key;
}
inline std::string OldRunPrefix(GroupId group) {
  std::string key(1, kOldRunKind);
  PutBigEndian64(&key, group.value());
  return key;
}
inline std::string OldRunKey(GroupId group, SpaceId space, RunId run) {
  std::string key = OldRunPrefix(group);
  PutBigEndian32(&key, space);
  PutBigEndian32(&key, run);
  return key;
}

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_KV_KEYS_H_
