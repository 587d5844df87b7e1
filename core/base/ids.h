// Strong types for every identifier, so that a log index cannot be passed where a term is meant.
//
//   LogIndex next{commit.value() + 1};
//
// Each is a 64-bit unsigned number, ordered, hashable and printable; zero means "none" unless its comment says otherwise.
#ifndef QUADRAFT_CORE_BASE_IDS_H_
#define QUADRAFT_CORE_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <ostream>
#include <utility>

namespace quadraft {

template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }
  constexpr StrongId Next() const { return StrongId(value_ + 1); }
  constexpr StrongId Previous() const { return StrongId(value_ - 1); }  // Must not be zero.
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& out, StrongId id) { return out << id.value_; }

 private:
  uint64_t value_ = 0;
};

using NodeId = StrongId<struct NodeIdTag>;        // One running process, from 1.
using GroupId = StrongId<struct GroupIdTag>;      // One Raft group, from 1.
using ShardId = StrongId<struct ShardIdTag>;      // One contiguous range of buckets.
using LogIndex = StrongId<struct LogIndexTag>;    // Position in a Raft log; the first entry is 1.
using RaftTerm = StrongId<struct RaftTermTag>;    // Election term; not an RDF term.
using Timestamp = StrongId<struct TimestampTag>;  // Commit timestamp; a read at T sees all commits <= T.
using TermId = StrongId<struct TermIdTag>;        // Node-local id of an RDF term (store/dictionary/term_id.h).

}  // namespace quadraft

#endif  // QUADRAFT_CORE_BASE_IDS_H_
