// What a Raft log holds and what a replica must keep on disk (Ongaro's thesis, figure 3.1).
#ifndef QUADRAFT_CORE_RAFT_TYPES_H_
#define QUADRAFT_CORE_RAFT_TYPES_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/ids.h"

namespace quadraft::raft {

enum class EntryKind : uint8_t {
  kNoop = 0,           // A new leader's first entry; no payload.
  kNormal = 1,         // A proposal for the state machine.
  kConfiguration = 2,  // Who belongs to the group from here on: EncodeConfiguration's bytes.
};

// Payloads are shared, never copied: log, network and state machine hold the same bytes.
struct Entry {
  RaftTerm term;
  LogIndex index;
  EntryKind kind = EntryKind::kNormal;
  std::shared_ptr<const std::string> payload;  // Null counts as empty.
  size_t payload_bytes() const { return payload ? payload->size() : 0; }
  friend bool operator==(const Entry& a, const Entry& b) {
    return a.term == b.term && a.index == b.index && a.kind == b.kind &&
           (a.payload == b.payload ||
            std::string_view(a.payload ? *a.payload : "") == (b.payload ? *b.payload : ""));
  }
};

// The last configuration among the entries that a state holds, as its entry had it. Index zero:
// none was logged yet, the group is still as it was founded.
struct AppliedConfiguration {
  LogIndex index;
  std::string payload;
  friend bool operator==(const AppliedConfiguration&, const AppliedConfiguration&) = default;
};

// Must be durable before any message that rests on it leaves (term and vote together, in one
// record).
struct HardState {
  RaftTerm term;
  NodeId vote;      // Zero: none in this term.
  LogIndex commit;  // A hint that spares work after a restart; safe to lose.
  friend bool operator==(const HardState&, const HardState&) = default;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_TYPES_H_
