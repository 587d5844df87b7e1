// Reading the log back. What a crash may have done to bytes that were never synced is cut off and
// reported; anything else that is not as it was written is DataLoss with file, offset and
// expectation, and nothing is changed.
//
// How the two are told apart: every record carries `synced`, the sequence number up to which its
// writer knew the log to be durable (a sync mark is written when the log falls idle after a sync).
// Damage at record s is a torn tail only when no valid record after it, in this or a later segment,
// says synced >= s, and no later segment was begun: a segment is begun only after the one before it
// was synced whole. Valid records behind a torn one were never synced either and go with it.
#ifndef QUADRAFT_STORE_LOG_RECOVERY_H_
#define QUADRAFT_STORE_LOG_RECOVERY_H_

#include <map>
#include <string>

#include "core/env/env.h"
#include "core/replica/log_store.h"
#include "store/log/group_table.h"

namespace quadraft::store {

struct RecoveredLog {
  std::map<GroupId, replica::RecoveredGroup> groups;
  GroupTable table;
  uint64_t last_segment = 0;  // 0: the log is new.
  uint64_t last_segment_bytes = 0;
  uint64_t last_sequence = 0;
  uint32_t last_crc = 0;  // Of the last record; 0 when its segment holds none.
  uint64_t oldest_needed = 1;
};

// Reads `directory`, cuts a torn tail, and makes durable what it returns (the last segment is
// written anew).
StatusOr<RecoveredLog> RecoverLog(Env& env, const std::string& directory);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_RECOVERY_H_
