// Reading the log back. What a crash may have done to bytes that were never synced is cut off and
// reported; anything else that is not as it was written is DataLoss with file, offset and
// expectation, and nothing is changed.
//
// How the two are told apart: every record carries `synced`, the sequence number up to which its
// writer knew the log to be durable (a sync mark is written when the log falls idle after a sync).
// Damage at record s is a torn tail only when no valid record after it, in this or a later segment,
// says synced >= s, and no later segment was begun: a segment is begun only after the one before it
// was synced whole. Valid records behind a torn one were never synced either and go with it.
//
// Damage to what was durable is DataLoss; with `rebuild` the log is rebuilt instead, for a group
// that has others to learn from (Alagappan et al., FAST'18): what stands before the damage is kept,
// with term and vote as the file `promises` has them (promises.h); everything behind it is given up
// here, and fetched from the leader again. A kRepair record says that it happened and up to which
// term this node had acknowledged what it no longer has; until its log has an entry of a later term
// it neither votes nor campaigns (core/raft, Initial::repair_floor), so nothing that was committed
// with its help can be outvoted by its help. The rebuilt log is one new segment that says that it
// needs none before it; the old ones go once it is durable. Without a whole `promises` file that is
// as new as the log, a damaged log is DataLoss whatever is asked for.
#ifndef QUADRAFT_STORE_LOG_RECOVERY_H_
#define QUADRAFT_STORE_LOG_RECOVERY_H_

#include <map>
#include <string>
#include <vector>

#include "core/env/env.h"
#include "core/replica/log_store.h"
#include "store/log/group_table.h"

namespace quadraft::store {

struct RecoveredLog {
  std::map<GroupId, replica::RecoveredGroup> groups;
  // Whose promise the log does not have, only the file `promises`: it was on its way into both, or
  // the log has lost its end and does not know. It is in `groups`.
  std::vector<GroupId> newer_promises;
  GroupTable table;
  uint64_t last_segment = 0;  // 0: the log is new.
  uint64_t last_segment_bytes = 0;
  uint64_t last_sequence = 0;
  uint32_t last_crc = 0;  // Of the last record; 0 when its segment holds none.
  uint64_t oldest_needed = 1;
};

// Reads `directory`, cuts a torn tail, and makes durable what it returns (the last segment is
// written anew). Unavailable: two reads of the same bytes differ, or the disk failed; nothing was
// changed. FailedPrecondition: a newer program wrote this.
// `state_lost`, not empty: the log is rebuilt without any entry, damaged or not, for this reason.
StatusOr<RecoveredLog> RecoverLog(Env& env, const std::string& directory, bool rebuild = false,
                                  const std::string& state_lost = {});

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_RECOVERY_H_
