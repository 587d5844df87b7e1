// A log that the medium damaged, rebuilt from what stands before the damage and from the promises
// (recovery.h says why that is safe).
#ifndef QUADRAFT_STORE_LOG_REBUILD_H_
#define QUADRAFT_STORE_LOG_REBUILD_H_

#include <string>

#include "core/env/env.h"
#include "store/log/recovery.h"

namespace quadraft::store {

// Writes the log anew as one segment behind `newest_segment`, durably; what it takes the place of is
// still there, and is removed by the next reading. `before`: the groups as of just before the
// damage. DataLoss, and nothing is changed: what was promised is not known.
Status RebuildLog(Env& env, const std::string& directory, const std::string& damage,
                  uint64_t newest_segment, const RecoveredLog& before);

}  // namespace quadraft::store

#endif  // QUADRAFT_STORE_LOG_REBUILD_H_
