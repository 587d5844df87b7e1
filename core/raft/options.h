// Every bound and delay of the machine, by name. The defaults are stable on a loaded two-core
// machine.
#ifndef QUADRAFT_CORE_RAFT_OPTIONS_H_
#define QUADRAFT_CORE_RAFT_OPTIONS_H_

#include <cstddef>

#include "core/env/time.h"

namespace quadraft::raft {

struct Options {
  // A follower campaigns after a silence drawn from [min, max]; within min of hearing its leader it
  // refuses every other candidate (check-quorum's other half); a leader that has not heard from a
  // quorum for max steps down. Wide enough for a loop that stands still for some hundred milliseconds (a compaction, a
  // machine whose cores are all taken), small enough for the next write within two seconds of a leader's death.
  Duration election_timeout_min = milliseconds(600);
  Duration election_timeout_max = milliseconds(1200);
  Duration heartbeat_interval = milliseconds(100);

  // One Append holds at most this much (one entry always fits).
  size_t append_entries_max = 1024;
  size_t append_bytes_max = 1u << 20;
  // Appends on their way to one follower.
  size_t inflight_messages_max = 64;
  size_t inflight_bytes_max = 16u << 20;
  // A leader's entries that are not yet committed; Propose answers ResourceExhausted beyond.
  size_t uncommitted_entries_max = 65536;
  size_t uncommitted_bytes_max = 128u << 20;
  // Reads that wait for a quorum; refused beyond.
  size_t pending_reads_max = 4096;
};

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_OPTIONS_H_
