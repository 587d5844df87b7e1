// What one replica says to another: a common head and one body per kind of message.
// core/replica/codec.h turns it into core/proto/raft.proto and back; the machine checks the
// contents (bytes from a peer are never trusted).
//
//   Message m{.from = NodeId{1}, .to = NodeId{2}, .term = term, .body = Heartbeat{.round = 3}};
//
// Ongaro's thesis, figure 3.1 (votes, appends), section 6.4 (read index), figure 5.3 (snapshot
// chunks), section 9.6 (pre-vote), section 3.10 (leadership transfer).
#ifndef QUADRAFT_CORE_RAFT_MESSAGE_H_
#define QUADRAFT_CORE_RAFT_MESSAGE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/env/time.h"
#include "core/raft/lease.h"
#include "core/raft/types.h"

namespace quadraft::raft {

// pre: "would you vote for me?"; the head's term is then the one that the sender would campaign in,
// and no term changes.
struct VoteRequest {
  bool pre = false;
  LogIndex last_index;
  RaftTerm last_term;
  bool transfer = false;  // The leader asked for this campaign: its lease is no reason to refuse.
  bool waits = true;      // It will wait for what was promised to others (lease.h, rule 3).
};
// A granted pre-vote carries the term that was asked for; every other reply the replier's own.
struct VoteReply {
  bool pre = false;
  bool granted = false;
  // Not zero: the replier's committed configuration, of that index, does not have the asker.
  LogIndex removed_at;
  // With a vote that is granted, what the candidate is to wait for (lease.h, rule 2). Not known: the
  // replier is of before leases, or held back to that.
  bool promise_known = true;
  PromiseLeft promise;
};

// Entries are contiguous from prev_index + 1; none: a probe, or news of the commit index.
struct Append {
  LogIndex prev_index;
  RaftTerm prev_term;
  LogIndex commit;
  std::vector<Entry> entries;
};
// Accepted: the replier's log durably equals the leader's up to `index`. Rejected: it has no entry
// (index, prev_term); the hint is the last entry of the replier that may equal one of the leader's
// (etcd's findConflictByTerm).
struct AppendReply {
  bool rejected = false;
  LogIndex index;
  LogIndex hint_index;
  RaftTerm hint_term;
};

// round: counts the leader's heartbeat broadcasts; a quorum of replies to a round confirms every
// read that came before it.
struct Heartbeat {
  LogIndex commit;
  uint64_t round = 0;
  Duration election_timeout{0};  // What the leader measures asks for; zero: it does not say.
  bool quiesce = false;          // Nothing is to do: sleep, until there is (raft_quiesce.cc).
  Duration lease{0};             // For how long the leader asks for a promise; zero: it does not.
  uint32_t rank = 0;             // So many others are to campaign before the receiver (Raft::RankOf).
};
struct HeartbeatReply {
  uint64_t round = 0;
  bool quiesced = false;  // The replier sleeps.
  bool promised = false;  // The lease that this round asked for.
};

// One piece of the state at (index, index_term), for a follower whose next entry the leader no
// longer holds.
struct SnapshotChunk {
  LogIndex index;
  RaftTerm index_term;
  uint64_t stream = 0;  // Told apart from an earlier attempt of the same leader.
  uint64_t offset = 0;  // Bytes of this stream before this chunk.
  bool done = false;    // The last chunk (may be empty).
  uint32_t crc32c = 0;  // Of `data`.
  std::shared_ptr<const std::string> data;
  // The configuration in the state (AppliedConfiguration), with the chunk at offset 0.
  LogIndex configuration_index;
  std::shared_ptr<const std::string> configuration;  // Null counts as empty.
};
struct SnapshotReply {
  LogIndex index;
  uint64_t stream = 0;
  uint64_t next_offset = 0;  // Every byte before it was staged.
  bool failed = false;       // The receiver gave this stream up: start anew.
  bool installed = false;    // The state at `index` is in place, durably.
};

// A follower asks for the index that a linearizable read must wait for. `id` is the asker's.
struct ReadIndexRequest {
  uint64_t id = 0;
};
struct ReadIndexReply {
  uint64_t id = 0;
  bool ok = false;  // False: not the leader, or overloaded; ask again.
  LogIndex index;
};

// From the leader to the node that is to lead next and holds the whole log: campaign at once.
struct TimeoutNow {
  // What was promised to the sender up to this round counts for nothing; zero: it says nothing.
  uint64_t waived_round = 0;
};

struct Message {
  NodeId from;
  NodeId to;
  RaftTerm term;
  std::variant<VoteRequest, VoteReply, Append, AppendReply, Heartbeat, HeartbeatReply,
               SnapshotChunk, SnapshotReply, ReadIndexRequest, ReadIndexReply, TimeoutNow>
      body;
};

// One line for people and golden files: "1->2 term=3 Append prev=5/2 commit=4 entries=[6/3]".
std::string Describe(const Message& message);

}  // namespace quadraft::raft

#endif  // QUADRAFT_CORE_RAFT_MESSAGE_H_
