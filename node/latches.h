// Which updates may be evaluated side by side on a leader.
//
// An update with a WHERE part is evaluated by the leader at a snapshot and becomes a write set in the log. The answer is
// strictly serializable when that snapshot equals the log up to the update's own entry, in everything that the update read.
// Raft gives the rest: whoever commits the entry has the same log before it. So the leader remembers the write sets that it
// has proposed and that a snapshot may not contain yet, and compares them with the update's read patterns.
//
//   const uint64_t ticket = latches.Proposed(writes);
//   ... latches.Applied(ticket, index) or latches.Forget(ticket) ...
//   if (auto blocker = latches.FindConflict(reads, view->timestamp())) wait for *blocker, evaluate again
//
// Bounded by what the replica host lets be pending, plus what is kept for open evaluations (Pin).
#ifndef QUADRAFT_NODE_LATCHES_H_
#define QUADRAFT_NODE_LATCHES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/txn/write_set.h"

namespace quadraft::node {

class Latches {
 public:
  // Call in the order of the proposals.
  uint64_t Proposed(txn::WriteSet writes);
  // The entry is in every snapshot from `index` on.
  void Applied(uint64_t ticket, LogIndex index);
  // The proposal was dropped, or leadership was lost (evaluations start again then).
  void Forget(uint64_t ticket);

  // While a snapshot at `index` is being evaluated, write sets that came after it are kept even when applied.
  void Pin(LogIndex index);
  void Unpin(LogIndex index);

  // A proposed write set that a snapshot at `index` does not contain and that touches one of `reads`.
  std::optional<uint64_t> FindConflict(const std::vector<txn::ReadPattern>& reads, LogIndex index) const;
  // Runs `done` when `ticket` is applied or forgotten; at once when it already is.
  void WhenSettled(uint64_t ticket, absl::AnyInvocable<void(bool)> done);

  size_t size() const { return held_.size(); }

 private:
  struct Held {
    txn::WriteSet writes;
    std::optional<LogIndex> applied_at;
    std::vector<absl::AnyInvocable<void(bool)>> waiting;
  };
  void Settle(Held& held);
  void DropUnneeded();

  uint64_t next_ticket_ = 1;
  std::map<uint64_t, Held> held_;
  std::multiset<LogIndex> pinned_;
};

}  // namespace quadraft::node

#endif  // QUADRAFT_NODE_LATCHES_H_
