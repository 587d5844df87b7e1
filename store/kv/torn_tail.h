// What a crash may have done to LevelDB's files, undone before LevelDB sees them.
//
// LevelDB reads its logs leniently: zeros in the middle are skipped without a word, and a bad
// checksum either stops the database (paranoid_checks) or drops a piece and goes on behind it.
// After a crash that tore unsynced sectors both are wrong: what is lost must be a suffix. So before
// the database is opened:
// - the newest write-ahead log that holds anything is cut after its last whole record before any
// damage. Older ones were
//   synced whole before a newer one was written to (leveldb_env.h), so damage there is DataLoss.
//   Logs that the manifest no longer needs are left alone: their removal may have been undone by
//   the crash, their bytes need not be whole;
// - the last of them, which LevelDB goes on with (reuse_logs), is written anew, synced and renamed
// into its place: what it will add must not rest on bytes that a failed sync left in doubt;
// - the manifest in use is cut likewise, but only its last record can have been torn, since each is
// synced before the next
//   is written: damage with a record behind it is DataLoss.
// The newest log may lose records that had been synced if they were damaged later. Then the applied
// index of a group falls back and the Raft log replays it, or, when that log starts later, the
// replica stops: nothing is lost in silence.
#ifndef QUADRAFT_STORE_KV_TORN_TAIL_H_
#define QUADRAFT_STORE_KV_TORN_TAIL_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/env/env.h"

namespace quadraft::store {

// How far a file in LevelDB's log format is whole.
struct LogScan {
  size_t whole_bytes = 0;    // End of the last whole record before any damage.
  bool more_behind = false;  // Another record begins validly behind the damage.
};
// Appends the whole records to `records` when it is given.
LogScan ScanLevelDbLog(std::string_view bytes, std::vector<std::string>* records = nullptr);

// The number of the oldest log that is needed, by the records of a manifest.
StatusOr<uint64_t> OldestLogNeeded(const std::vector<std::string>& manifest);

// OK also when there is no database yet. DataLoss: see above; nothing was changed then.
Status CutTornTails(Env& env, const std::string& directory);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_KV_TORN_TAIL_H_
